import type { Options as KyOptions } from 'ky';
import type { Reply } from './reply.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { type BodyState, type WatchedBody, watchedBody } from './watched-body.ts';

/** A request that has arrived and waits for its answer. */
export interface Exchange {
  readonly request: Request;
  /** The second argument of `fetch`. */
  readonly init: RequestInit | undefined;
  /** When it arrived, in milliseconds of the virtual clock. */
  readonly atMs: number;
  /** Whether the client has given it up. */
  readonly aborted: boolean;
  /** Answers with the whole body at hand. */
  respond(status: number, reply?: Omit<Reply, 'status'>): Promise<void>;
  /** Answers with headers; the body is fed by hand. */
  open(status: number, headers?: Readonly<Record<string, string>>): Promise<WatchedBody>;
  /** Breaks the connection. */
  fail(error: unknown): Promise<void>;
}

/** The other end of `fetch`, played by a test. */
export interface ScriptedWire {
  readonly fetch: NonNullable<KyOptions['fetch']>;
  /** Every request so far. */
  readonly exchanges: readonly Exchange[];
  /** What became of the bodies of all answers. */
  readonly bodies: readonly BodyState[];
  /** The next request, which must be this one, such as `GET /users/1`; it must be here by now. */
  expect(line: string): Promise<Exchange>;
  /** Moves the clock; nothing may arrive meanwhile. */
  expectNothing(ms?: number): Promise<void>;
}

/** Options of {@link scriptedWire}. */
export interface WireOptions {
  /** Answers by a script instead of by hand; the last reply serves all requests behind it. */
  readonly replies?: readonly Reply[];
  /** Takes no notice of an abort, as a poor `fetch` may. */
  readonly ignoreAbort?: boolean;
}

/** Makes a wire on this clock. */
export function scriptedWire(
  clock: VirtualClock,
  { replies, ignoreAbort = false }: WireOptions = {},
): ScriptedWire {
  const exchanges: Exchange[] = [];
  const bodies: WatchedBody[] = [];
  let taken = 0;

  const fetch: ScriptedWire['fetch'] = (input, init) =>
    new Promise((resolve, reject) => {
      const request = input as Request;
      const signal = init?.signal ?? request.signal;
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      let body: WatchedBody | undefined;
      const onAbort = (): void => {
        reject(signal.reason);
        body?.fail(signal.reason);
      };
      if (!ignoreAbort) signal.addEventListener('abort', onAbort, { once: true });
      const open: Exchange['open'] = async (status, headers = {}) => {
        body = watchedBody();
        bodies.push(body);
        resolve(answer(request, new Response(body.stream, { status, headers })));
        await clock.settle();
        return body;
      };
      const exchange: Exchange = {
        request,
        init,
        atMs: clock.elapsedMs,
        get aborted() {
          return signal.aborted;
        },
        open,
        async respond(status, { json, body: text, headers = {}, stall = false } = {}) {
          const content = json === undefined ? (text ?? '') : JSON.stringify(json);
          const type = json === undefined ? 'text/plain' : 'application/json';
          if ([204, 205, 304].includes(status)) {
            resolve(answer(request, new Response(null, { status, headers })));
          } else {
            const opened = open(status, { 'content-type': type, ...headers });
            const sent = stall ? content.slice(0, content.length / 2) : content;
            if (sent) body!.push(sent);
            if (!stall) body!.end();
            await opened;
          }
          await clock.settle();
        },
        async fail(error) {
          reject(error);
          body?.fail(error);
          await clock.settle();
        },
      };
      exchanges.push(exchange);
      if (replies)
        play(
          exchange,
          replies[Math.min(exchanges.length, replies.length) - 1]!,
          ignoreAbort ? undefined : signal,
        );
    });

  return {
    fetch,
    exchanges,
    get bodies() {
      return bodies.map((body) => body.state);
    },
    async expect(line) {
      await clock.settle();
      const exchange = exchanges[taken];
      const seen = exchange && lineOf(exchange.request);
      if (!exchange || seen !== line) {
        throw new Error(
          `Expected ${line} at +${clock.elapsedMs} ms, but ${seen ? `${seen} came` : 'nothing came'}`,
        );
      }
      taken++;
      return exchange;
    },
    async expectNothing(ms = 0) {
      await clock.advance(ms);
      const unexpected = exchanges[taken];
      if (unexpected) {
        throw new Error(`Expected nothing, but ${lineOf(unexpected.request)} came at +${unexpected.atMs} ms`);
      }
    },
  };
}

function play(exchange: Exchange, reply: Reply, signal: AbortSignal | undefined): void {
  if (reply.hang) return;
  const answerNow = (): void =>
    void ('error' in reply ? exchange.fail(reply.error) : exchange.respond(reply.status ?? 200, reply));
  if (!reply.afterMs) {
    answerNow();
    return;
  }
  const timer = setTimeout(answerNow, reply.afterMs);
  signal?.addEventListener('abort', () => clearTimeout(timer), { once: true });
}

/** A Response made by hand has no `url`; a real one has. */
function answer({ url }: Request, response: Response): Response {
  return Object.defineProperty(response, 'url', { value: url, configurable: true });
}

/** A request in a line, such as `GET /users/1?page=2`. */
export function lineOf({ method, url }: Request): string {
  const { pathname, search } = new URL(url);
  return `${method} ${pathname}${search}`;
}
