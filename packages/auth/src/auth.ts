import {
  type Failure,
  gate,
  layer,
  type LayerFactory,
  type Next,
  type Outcome,
  type Pass,
  type Send,
  verdict,
  type Verdict,
  wire,
} from '@kyhooks/core';
import { budgetOf } from '@kyhooks/core/budget';
import { allows } from '@kyhooks/core/origins';
import { isStream, mayHideStream } from '@kyhooks/core/streams';
import { isHTTPError, type Options as KyOptions } from 'ky';
import { apply } from './apply.ts';
import { type Credential, credentialFor } from './credential.ts';
import { AuthError } from './errors.ts';
import { authDefaults, type AuthOptions, check } from './options.ts';

/**
 * Signs each request, after all waiting, and sends a call once more with a new token when the server refused the old one
 * with a 401: one refresh for any number of callers.
 *
 * The credentials go to allowed origins only, and are on no error, log, span or record. `auth(false)` removes the layer.
 *
 * @throws OptionsError naming every option that is not valid
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { auth } from '@kyhooks/auth';
 *
 * const plain = ky.create({ baseUrl: 'https://api.example.com/' });
 * const api = plain.extend(
 *   auth({
 *     token: () => localStorage.getItem('token') ?? undefined,
 *     refresh: async () => (await plain.post('v1/token').json<{ token: string }>()).token,
 *   }),
 * );
 * ```
 */
export const auth: LayerFactory<AuthOptions> = /* @__PURE__ */ layer<AuthOptions>({
  name: 'auth',
  check,
  configure: (ky, _, call) => {
    if (limitOf(ky) === 0 && mayHideStream(ky)) unbuffered.add(call);
  },
  places: [
    // Waits before a permit is taken: a refresh may need one.
    gate({ stage: 'guard', run: prepare }),
    wire({ stage: 'fault', run: send }),
    verdict({ identify, decide, spares }),
  ],
  inForce: (options) => ({ ...authDefaults, ...options }),
  warnings: ({ origins }, ky) =>
    origins || baseOf(ky)
      ? []
      : ['auth: neither `origins` nor `baseUrl`: the credentials go wherever the instance sends'],
});

/** Where a call stands. */
interface State {
  /** Of the last attempt; `undefined` where it was not signed. */
  credential?: Credential | undefined;
  token?: string | undefined;
  /** Refreshes that had failed when it was signed. */
  failures: number;
  /** Whether the credentials were such that a redirect carries them along, to other origins too. */
  carried?: boolean;
  /** The URL that was asked about last, and whether the credentials may go there. */
  url?: string;
  allowed?: boolean;
  /** Where they may go by default. */
  readonly base: string | URL | undefined;
  /** Whether the user has said what is to become of redirects. */
  readonly redirects: boolean;
  /** The 401 that is to be answered by another token, and whether it was: once for a call. */
  refused?: Error;
  replayed?: boolean;
}

const states = new WeakMap<object, State>();

/** Calls of which ky would make no copy without this layer, and whose body may be a stream inside a Request. */
const unbuffered = new WeakSet<object>();

interface Base {
  readonly baseUrl?: string | URL | undefined;
  readonly prefix?: string | URL | undefined;
}

function stateOf({ call, ky }: Pass): State {
  let state = states.get(call);
  if (!state) {
    const { redirect } = ky as { readonly redirect?: RequestRedirect };
    states.set(call, (state = { failures: 0, base: baseOf(ky), redirects: redirect !== undefined }));
  }
  return state;
}

function baseOf({ baseUrl, prefix }: Base): string | URL | undefined {
  return baseUrl ?? (prefix || undefined);
}

/** Asked for each attempt, answered once for a URL. */
function mayGo(state: State, { url }: Request, { origins }: AuthOptions): boolean {
  if (state.url !== url) {
    state.url = url;
    state.allowed = allows(origins, url, state.base);
  }
  return state.allowed!;
}

/** Sees to a token: to another one where the last was refused. */
async function prepare(pass: Pass, options: AuthOptions): Promise<void> {
  const { request, signal, call } = pass;
  const state = stateOf(pass);
  const { refused, token, failures } = state;
  state.credential = undefined;
  if (unbuffered.has(call) && request.body) call.sendOnce = 'its body may be a stream';
  if (!mayGo(state, request, options)) return;
  const replays = refused && !state.replayed;
  try {
    const credential = await credentialFor(options, signal);
    await (replays ? credential.renew(token, failures, options, signal) : credential.ready(options, signal));
    state.credential = credential;
  } catch (error) {
    if (signal.aborted && error === signal.reason) throw error;
    throw new AuthError('AUTH_NO_TOKEN', request, error);
  }
  if (!replays) return;
  state.replayed = true;
  // An error holds the stack it was made on, and that may hold the answer to come.
  delete state.refused;
  // Nobody is the wiser by the same token.
  if (state.credential.value === token) throw refused;
  // Counted for the retries to come, but not refused: a token ends for all calls at once, however many they are.
  budgetOf(call, request).withdraw();
}

/** Signs what is sent, with the token that is in force now, after all waiting; and takes the signature off again. */
async function send({ call, request, init }: Send, next: Next, options: AuthOptions): Promise<Response> {
  const state = states.get(call);
  const credential = state?.credential;
  // Asked again: a layer before this one may have turned the request elsewhere.
  if (!credential || !mayGo(state, request, options)) return next();
  state.token = credential.value;
  state.failures = credential.failures;
  const signed = await apply(request, state.token, options);
  state.carried = signed.followsRedirects;
  const guarded = signed.followsRedirects && request.redirect === 'follow' && !state.redirects;
  try {
    const response = await next(signed.request, guarded ? { ...init, redirect: 'manual' } : init);
    if (guarded && isRedirect(response)) {
      void response.body?.cancel().catch(() => undefined);
      throw new AuthError('AUTH_REDIRECT', request);
    }
    if (signed.request !== request && response.url && !response.redirected) hideQuery(response, request.url);
    return response;
  } finally {
    signed.clean();
  }
}

/** Whether `fetch` would have followed it. In browsers it is opaque. */
function isRedirect({ type, status, headers }: Response): boolean {
  return type === 'opaqueredirect' || ([301, 302, 303, 307, 308].includes(status) && headers.has('location'));
}

/** The caller asked for the URL without the token, and may log the response's; hooks are given a clone. */
function hideQuery(response: Response, url: string): Response {
  return Object.defineProperties(response, {
    url: { value: url, configurable: true },
    clone: {
      // Looked up when it is asked for: who listens to a body puts one on the prototype.
      value: () => hideQuery((Object.getPrototypeOf(response) as Response).clone.call(response), url),
      configurable: true,
      writable: true,
    },
  });
}

/** Whether this is what became of our credentials: another origin, to which a redirect led, did not get them. */
function isAnswered(state: State | undefined, response: Response, { origins }: AuthOptions): state is State {
  if (!state?.credential) return false;
  const { carried, base, url } = state;
  return !response.redirected || allows(carried ? origins : undefined, response.url, carried ? base : url);
}

/** 401 and 403 in words of ours, where the request was signed. */
function identify({ error, call }: Failure, options: AuthOptions): Error | undefined {
  if (!isHTTPError(error) || !isAnswered(states.get(call), error.response, options)) return undefined;
  const { status } = error.response;
  if (status === 401) return new AuthError('AUTH_REFUSED', error.request, error);
  return status === 403 ? new AuthError('AUTH_FORBIDDEN', error.request, error) : undefined;
}

/** One more try with another token; what is refused again, or forbidden, is let stand. */
function decide({ call, response, error }: Outcome, options: AuthOptions): Verdict | undefined {
  const state = states.get(call);
  if (!response || !isAnswered(state, response, options)) return undefined;
  const { status } = response;
  if (status === 403) return { verdict: 'stop', reason: 'status 403: the credentials do not suffice' };
  if (status !== 401) return undefined;
  const stop = (why: string): Verdict => ({ verdict: 'stop', reason: `status 401, ${why}` });
  if (state.refused ?? state.replayed) return stop('again');
  if (!options.refresh && typeof options.token !== 'function') return stop('and there is no other token');
  if (call.sendOnce) return stop(`but ${call.sendOnce}`);
  state.refused = error;
  return { verdict: 'retry', delay: 0, reason: 'status 401 asks for another token', spare: true };
}

/** One resend beyond the limit, where that does not make ky buffer a stream. */
function spares(ky: KyOptions): number {
  return limitOf(ky) === 0 && isStream(ky.body) ? 0 : 1;
}

function limitOf({ retry }: KyOptions): number | undefined {
  return typeof retry === 'number' ? retry : retry?.limit;
}
