import type { ServerResponse } from 'node:http';
import { realServer } from '../real-server.ts';
import type { Users } from './users.ts';

/** What the server does with a request. */
type Answer = (response: ServerResponse) => void;
type Headers = Readonly<Record<string, string>>;

const json = { 'content-type': 'application/json' };
export const user: Answer = (response) => void response.writeHead(200, json).end('{"id":1,"name":"Ada"}');
const status =
  (code: number, headers: Headers | (() => Headers) = {}, message = ''): Answer =>
  (response) => {
    const more = typeof headers === 'function' ? headers() : headers;
    response.writeHead(code, { ...json, ...more }).end(JSON.stringify({ message }));
  };
const reset: Answer = (response) => void response.socket?.resetAndDestroy();
/** Nothing, for as long as anybody waits. */
export const stall: Answer = () => undefined;
const stallInBody: Answer = (response) => void response.writeHead(200, json).write('{"id":1,');

export interface Fault {
  readonly what: string;
  /** What the first requests meet; the last one stands for all that follow. */
  readonly answers: readonly Answer[];
  readonly write?: boolean;
  /** That the server asks for, in milliseconds. */
  readonly pause?: number;
  /** When the caller aborts, from the first request; before anybody would send again. In milliseconds. */
  readonly abortAt?: number;
}

const pause = (seconds: number): Headers => ({ 'retry-after': String(seconds) });
const asked = { pause: 1_000 };
const again = [status(429, pause(1)), user];

/** What every page shows. */
export const faults: readonly Fault[] = [
  { what: 'answers 503, then as it should', answers: [status(503), user] },
  { what: 'answers 503 always', answers: [status(503)] },
  { what: 'answers 500, then as it should', answers: [status(500), user] },
  { what: 'answers 404', answers: [status(404)] },
  { what: 'answers 429 with `Retry-After: 1`', answers: again, ...asked },
  { what: 'answers 429 with `Retry-After: 3600`', answers: [status(429, pause(3600))], pause: 3_600_000 },
  { what: 'resets the connection', answers: [reset, user] },
  { what: 'does not answer', answers: [stall, user] },
  { what: 'stops in the middle of the body', answers: [stallInBody, user] },
  { what: 'asks for 1 s; the caller aborts after 150 ms', answers: again, ...asked, abortAt: 150 },
  { what: '`POST`: answers 503, then as it should', answers: [status(503), user], write: true },
  { what: '`POST`: answers 429 with `Retry-After: 1`', answers: again, write: true, ...asked },
  { what: '`POST`: resets the connection', answers: [reset, user], write: true },
];

const secondary = 'You have exceeded a secondary rate limit';
const quotaIsOver = (): Headers => ({
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': String(Math.ceil(Date.now() / 1_000) + 1),
});

/** GitHub's own ways to say "later". */
export const githubFaults: readonly Fault[] = [
  { what: 'answers 403, nothing left until the next second', answers: [status(403, quotaIsOver), user] },
  {
    what: 'answers 403, secondary limit, `Retry-After: 1`',
    answers: [status(403, pause(1), secondary), user],
    ...asked,
  },
  {
    what: 'answers 403, secondary limit, no header',
    answers: [status(403, {}, secondary), user],
    pause: 60_000,
  },
];

/** More than all waits of the examples take, and less than any long pause. */
const patienceMs = 8_000;

/** Makes one call against a real server, and tells in words what came of it. */
export async function meet(users: (baseUrl: string) => Users, fault: Fault): Promise<string> {
  const receivedAt: number[] = [];
  let begin: () => void;
  const begun = new Promise<void>((resolve) => void (begin = resolve));
  await using server = await realServer((response, request, number) => {
    receivedAt.push(performance.now());
    begin();
    request.resume();
    fault.answers[Math.min(number, fault.answers.length) - 1]!(response);
  });
  const controller = new AbortController();
  const client = users(server.url.slice(0, -1));
  const { signal } = controller;
  const call = fault.write ? client.create({ name: 'Ada' }, signal) : client.read(1, signal);
  const end = call.then(
    ({ name }) => (name === 'Ada' ? 'succeeds' : 'gives a wrong answer'),
    (error: unknown) => `fails: ${reasonOf(error)}`,
  );
  let patience = later(patienceMs);
  if (fault.abortAt !== undefined) {
    await begun;
    setTimeout(() => controller.abort(new Error('mine')), fault.abortAt);
    // Whoever has heard of it has ended long before the pause is over.
    patience = later(900);
  }
  const words = await Promise.race([end, patience]);
  const [first = 0, second = Infinity] = receivedAt;
  const tooEarly = second - first < (fault.pause ?? 0) - 10;
  const sent = receivedAt.length === 1 ? '1 request' : `${receivedAt.length} requests`;
  controller.abort();
  return `${words}, ${sent}${tooEarly ? ', too early' : ''}`;
}

function later(ms: number): Promise<string> {
  return new Promise((resolve) => void setTimeout(resolve, ms, 'is still waiting').unref());
}

interface Clues {
  readonly response?: { readonly status: number };
  readonly status?: number;
  readonly code?: string;
}

/** The same words for the errors of all libraries: what happened, or the status. */
function reasonOf(error: unknown): string {
  const chain: (Error & Clues)[] = [];
  for (let at = error; at instanceof Error; at = at.cause) chain.push(at);
  const has = (...codes: string[]): boolean => chain.some(({ code = '' }) => codes.includes(code));
  if (chain.some(({ message }) => message === 'mine')) return "the caller's reason";
  if (chain.some(({ name }) => name === 'TimeoutError') || has('ECONNABORTED')) return 'timeout';
  if (has('ECONNRESET', 'UND_ERR_SOCKET')) return 'connection lost';
  if (has('ERR_CANCELED')) return 'aborted';
  for (const { response, status: given, cause } of chain) {
    const code = response?.status ?? given ?? (cause instanceof Response ? cause.status : undefined);
    if (code !== undefined) return code < 400 ? 'half a body' : String(code);
  }
  return String(error);
}
