import {
  gate,
  layer,
  type LayerFactory,
  once,
  type Pass,
  type Send,
  unlessAborted,
  verdict,
  wire,
} from '@kyhooks/core';
import { allows } from '@kyhooks/core/origins';
import type { Options as KyOptions } from 'ky';
import { decide, identify } from './answers.ts';
import { IdempotencyError } from './errors.ts';
import { read, written } from './key.ts';
import { check, type IdempotencyOptions, resolve, type Resolved, takes } from './options.ts';

const resolved = /* @__PURE__ */ once(resolve);

/**
 * Gives each write a key, made once per call and the same on every attempt, by which the server knows a second copy
 * for the first. Installing it says that the API honours such keys: `retry()` may then send these requests again.
 *
 * @throws OptionsError naming every option that is not valid
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { idempotency } from '@kyhooks/idempotency';
 * import { retry } from '@kyhooks/retry';
 *
 * const api = ky.create({ baseUrl: 'https://api.example.com/' }).extend(idempotency()).extend(retry());
 * await api.post('v1/invoices', { json: { amount: 5 } }); // sent again when its answer is lost, carried out once
 * ```
 */
export const idempotency: LayerFactory<IdempotencyOptions> = /* @__PURE__ */ layer<IdempotencyOptions>({
  name: 'idempotency',
  check,
  places: [
    gate({ stage: 'prepare', when: mayConcern, run: prepare }),
    gate({ stage: 'guard', when: mayConcern, run: keepKey }),
    wire({ stage: 'observe', answered: noteReplay }),
    verdict({ identify, decide }),
  ],
  inForce: resolve,
  warnings: ({ operation, store }) =>
    operation !== undefined && !store ? ['idempotency: an operation needs the option store'] : [],
});

/** Whether a call may get a key, as far as can be told before the method of a Request is known. */
function mayConcern({ method }: KyOptions, options: IdempotencyOptions): boolean {
  return method === undefined || concerns(method, resolved(options));
}

function concerns(method: string, { methods }: Resolved): boolean {
  return methods.some((name) => name.toUpperCase() === method.toUpperCase());
}

async function prepare(pass: Pass, given: IdempotencyOptions): Promise<void> {
  const { call, request, ky } = pass;
  const options = resolved(given);
  if (!concerns(request.method, options)) return;
  if (!allows(options.origins, request.url, ky.baseUrl)) {
    call.decide('idempotency', 'note', 'its origin gets no key');
    return;
  }
  try {
    call.idempotencyKey = await keyFor(pass, options);
  } catch (error) {
    if (error instanceof IdempotencyError) call.decide('idempotency', 'refused', error.message);
    throw error;
  }
  if (options.honored) call.replaySafe = true;
}

/** The user's own key, else that of the operation, else a fresh one. */
async function keyFor(pass: Pass, options: Resolved): Promise<string> {
  const { request, signal } = pass;
  const { header, format, createKey, operation, store } = options;
  const own = request.headers.get(header);
  if (own !== null) return valid(read(own, format), options);
  const fresh = async (): Promise<string> => valid(await heeding(signal, createKey(request)), options);
  const asked = typeof operation === 'function' ? await heeding(signal, operation(request)) : operation;
  // Where a name is looked for in vain, `null` is what is found.
  const name = asked ?? undefined;
  if (name !== undefined && !store)
    throw new IdempotencyError('IDEMPOTENCY_STORE_FAILED', 'an operation needs the option store', name);
  // A key that was stored for another API may be none for this one.
  const key =
    name === undefined ? await fresh() : valid(await store!.keyOf(name, pass, options, fresh), options);
  request.headers.set(header, written(key, format));
  return key;
}

/** What a callback gives, unless the caller aborts before. */
function heeding<Value>(signal: AbortSignal, given: Value | Promise<Value>): Value | Promise<Value> {
  return typeof given === 'object' ? unlessAborted(given, signal) : given;
}

function valid(key: string | undefined, options: Resolved): string {
  if (typeof key === 'string' && takes(options, key)) return key;
  throw new IdempotencyError('INVALID_IDEMPOTENCY_KEY', `${options.header} cannot carry this key`);
}

/** A request that a hook has put in place before a resend has the key too. */
function keepKey({ call, attempt, request, ky }: Pass, given: IdempotencyOptions): void {
  if (call.idempotencyKey === undefined || attempt.number === 1) return;
  const { header, format, origins } = resolved(given);
  if (allows(origins, request.url, ky.baseUrl))
    request.headers.set(header, written(call.idempotencyKey, format));
  // Who gets no key cannot know a second copy.
  else call.replaySafe = false;
}

/** Not standardised: these names are in use. */
const replayed = /^(?:x-)?idempoten(?:t|cy)-replay(?:ed)?$/;

function noteReplay({ headers }: Response, { call }: Send): void {
  if (call.idempotencyKey === undefined) return;
  for (const [name, value] of headers) {
    if (value === 'true' && replayed.test(name))
      call.decide('idempotency', 'note', `the answer is a replay (${name})`);
  }
}
