import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, FaultKind } from './fault.ts';
import type { Truth } from './truth.ts';

/** How long an answer takes at most, so that requests meet; and how much longer under the fault `latency`. */
const longestWorkMs = 20;
const longestLatencyMs = 120;

type Commit = (response: ServerResponse, text: string, form: number) => void | Promise<void>;

const json = { 'content-type': 'application/json' };
/** A connection that was abused serves nobody else: the fault stays with its request. */
const last = { ...json, connection: 'close' };
const half = (text: string): string => text.slice(0, text.length / 2);

/** Answers with a fault. Gives what was answered, where that came whole: an empty body is `undefined`. */
export async function commit(
  { kind, form }: Fault,
  meant: Truth,
  response: ServerResponse,
): Promise<{ readonly answer?: unknown }> {
  await pause(form * longestWorkMs);
  if (kind === 'drift') {
    const answer = drifts[pick(drifts, form)]!(meant);
    response.writeHead(200, json).end(JSON.stringify(answer));
    return { answer };
  }
  await (kind === 'none' ? whole : commits[kind])(response, JSON.stringify(meant), form);
  if (kind === 'none' || kind === 'latency') return { answer: meant };
  return kind === 'malformed' && malformed[pick(malformed, form)] === empty ? { answer: undefined } : {};
}

const whole: Commit = (response, text) => void response.writeHead(200, json).end(text);

const commits: Readonly<Record<Exclude<FaultKind, 'drift'>, Commit>> = {
  /** Before the headers, and again within the body. */
  async latency(response, text, form) {
    await pause((form * longestLatencyMs) / 2);
    response.writeHead(200, json).write(half(text));
    await pause((form * longestLatencyMs) / 2);
    response.end(text.slice(half(text).length));
  },
  'stalled headers': () => undefined,
  'stalled body'(response, text) {
    response.writeHead(200, { ...last, 'content-length': text.length }).write(half(text));
  },
  async reset(response, text, form) {
    const { socket } = response;
    if (form < 0.5) return void socket?.resetAndDestroy();
    response.writeHead(200, { ...last, 'content-length': text.length }).write(half(text));
    await pause(5);
    socket?.resetAndDestroy();
  },
  /** Of a known length, in chunks, or until the connection closes. */
  truncated(response, text, form) {
    const heads = [
      `content-length: ${text.length}\r\n\r\n`,
      `transfer-encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n`,
      `\r\n`,
    ];
    raw(response, `${heads[pick(heads, form)]!}${half(text)}`);
  },
  malformed(response, text, form) {
    response.writeHead(200, json).end(malformed[pick(malformed, form)]!(text));
  },
  /** Also with a body that is worth discarding. */
  'server error'(response, _, form) {
    const statuses = [500, 502, 503, 504];
    response.writeHead(statuses[pick(statuses, form)]!, { 'content-type': 'text/html' });
    response.end('<p>down</p>'.repeat(form < 0.5 ? 1 : 20_000));
  },
  'too many'(response, _, form) {
    const pauses = [{}, { 'retry-after': '0' }, { 'retry-after-ms': '30' }];
    response.writeHead(429, { ...json, ...pauses[pick(pauses, form)] }).end('{"error":"too many"}');
  },
  unauthorized: (response) => void response.writeHead(401, json).end('{"error":"token"}'),
  'redirect loop': (response) => void response.writeHead(307, { location: '/loop' }).end(),
  'huge headers'(response, text) {
    response.writeHead(200, { ...last, 'x-huge': 'x'.repeat(40_000) }).end(text);
  },
  /** More is promised than comes, or less: what comes then is cut off. */
  'wrong length'(response, text, form) {
    raw(response, `content-length: ${text.length + (form < 0.5 ? 10 : -4)}\r\n\r\n${text}`);
  },
};

const empty = (): string => '';
const malformed: readonly ((text: string) => string)[] = [
  (text) => `${text.slice(0, -1)},`,
  () => '<html><body>Bad gateway</body></html>',
  empty,
];

const drifts: readonly ((meant: Truth) => unknown)[] = [
  ({ id, name }) => ({ id: String(id), name }),
  ({ id }) => ({ id }),
  (meant) => ({ data: meant }),
  (meant) => [meant],
  () => null,
];

/** What no HTTP server would write by itself. */
function raw({ socket }: ServerResponse, text: string): void {
  socket?.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n${text}`);
}

function pick(forms: readonly unknown[], form: number): number {
  return Math.floor(form * forms.length);
}
