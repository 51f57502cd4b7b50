import { drift } from '../src/server/drift.ts';
import { Ledger } from '../src/server/ledger.ts';
import { type FaultName, slowly } from '../src/server/profiles.ts';
import { type Resource, type Scene, scene } from '../src/server/script.ts';
import { type InvoiceDraft, numberOf, userOf } from '../src/server/truth.ts';
import type { Api, Settings } from './api.ts';

const serverErrors = [500, 502, 503, 504];
const drips = 8;
const slowestBodyMs = 1500;

/** The flaky API without a server: a `fetch` that plays the same script for the same seed. */
export function simulatedApi(seed: number): Api {
  const ledger = new Ledger();
  let settings: Settings = { faults: [], exposed: true };

  const answer: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { method, headers, signal } = request;
    const draft = method === 'POST' ? ((await request.json()) as InvoiceDraft) : undefined;
    const resource: Resource = draft
      ? { kind: 'invoice', number: numberOf(draft) }
      : { kind: 'user', number: Number(request.url.split('/').at(-1)) };
    const attempt = ledger.receives(method, `${resource.kind}/${resource.number}`);
    const plan = scene(seed, slowly(settings.faults), resource, attempt);
    await pause(plan.latencyMs, signal);
    const key = headers.get('idempotency-key') ?? undefined;
    const truth = draft ? (plan.processed ? ledger.stores(draft, key) : {}) : userOf(resource.number);
    return served(plan, truth, settings, signal);
  };

  return {
    baseUrl: 'https://api.example.com',
    fetch: answer,
    configure: async (given) => void (settings = given),
    stats: async () => ledger.stats(),
  };
}

const kinds: Readonly<
  Record<
    FaultName | 'none',
    (answer: object, form: number, settings: Settings, signal: AbortSignal) => Response | Promise<Response>
  >
> = {
  none: (answer) => Response.json(answer),
  throttle: (_, __, { exposed }) =>
    Response.json(
      { error: 'too many requests' },
      { status: 429, ...(exposed && { headers: { 'retry-after': '1' } }) },
    ),
  serverError: (_, form) =>
    Response.json({ error: 'try again' }, { status: serverErrors[Math.floor(form * serverErrors.length)]! }),
  reset: () => {
    throw new TypeError('Failed to fetch');
  },
  hang: async (_, __, ___, signal) => {
    await pause(2 ** 31 - 1, signal);
    return Response.error();
  },
  slowBody: (answer, form, _, signal) =>
    dripping(answer, (slowestBodyMs * (0.1 + 0.9 * form)) / drips, signal),
  truncate: (answer) => {
    const text = JSON.stringify(answer);
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => controller.enqueue(new TextEncoder().encode(text.slice(0, text.length / 2))),
        pull: (controller) => controller.error(new TypeError('network error')),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { 'content-type': 'application/json' } });
  },
  malformed: (answer) =>
    new Response(JSON.stringify(answer).slice(0, -1), { headers: { 'content-type': 'application/json' } }),
  drift: (answer, form) => Response.json(drift(answer, form)),
};

function served(
  { fault, form }: Scene,
  answer: object,
  settings: Settings,
  signal: AbortSignal,
): Response | Promise<Response> {
  return kinds[fault](answer, form, settings, signal);
}

function dripping(answer: object, everyMs: number, signal: AbortSignal): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  const size = Math.ceil(bytes.length / drips);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await pause(everyMs, signal);
      controller.enqueue(bytes.slice(at, (at += size)));
      if (at >= bytes.length) controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}

/** Ends at once, with the signal's reason, when it aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
