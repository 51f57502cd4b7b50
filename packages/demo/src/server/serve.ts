import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { drift } from './drift.ts';
import type { FaultName } from './profiles.ts';
import type { Scene } from './script.ts';

/** One answer to be given, or not. */
interface Serving {
  readonly reply: FastifyReply;
  readonly answer: object;
  readonly form: number;
}

type Serve = (serving: Serving) => void;

/** Statuses of `serverError`, equally often. */
const serverErrors = [500, 502, 503, 504];
/** Longest time a slow body takes, in milliseconds; the shortest is a tenth of it. */
const slowestBodyMs = 1500;
const drips = 8;

const kinds: Readonly<Record<FaultName | 'none', Serve>> = {
  none: ({ reply, answer }) => void reply.send(answer),
  throttle: ({ reply, form }) => {
    // Both forms of the field. A date has whole seconds: this one is 0.5 to 1.5 s away.
    const pause = form < 0.7 ? '1' : new Date(Date.now() + 1500).toUTCString();
    void reply.code(429).header('retry-after', pause).send({ error: 'too many requests' });
  },
  serverError: ({ reply, form }) => {
    void reply.code(serverErrors[Math.floor(form * serverErrors.length)]!).send({ error: 'try again' });
  },
  reset: ({ reply }) => void raw(reply).socket?.resetAndDestroy(),
  hang: ({ reply }) => void raw(reply),
  slowBody: ({ reply, answer, form }) => {
    const text = JSON.stringify(answer);
    drip(begin(reply, text.length), text, (slowestBodyMs * (0.1 + 0.9 * form)) / drips);
  },
  truncate: ({ reply, answer }) => {
    const text = JSON.stringify(answer);
    const response = begin(reply, text.length);
    response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
  },
  malformed: ({ reply, answer }) => {
    // Whole on the wire, cut by whoever wrote it.
    void reply.type('application/json').send(JSON.stringify(answer).slice(0, -1));
  },
  drift: ({ reply, answer, form }) => void reply.send(drift(answer, form)),
};

/** Gives the answer, or the fault in its place. */
export function serve({ fault, form }: Scene, reply: FastifyReply, answer: object): void {
  kinds[fault]({ reply, answer, form });
}

/** What the counts call it. */
export function servedAs({ fault, form }: Scene): string {
  if (fault === 'none') return '200';
  if (fault === 'throttle') return '429';
  if (fault === 'serverError') return String(serverErrors[Math.floor(form * serverErrors.length)]);
  return fault === 'reset' || fault === 'hang' ? fault : `200 ${fault}`;
}

/** Takes the response out of the framework's hands. */
function raw(reply: FastifyReply): ServerResponse {
  reply.hijack();
  return reply.raw;
}

function begin(reply: FastifyReply, length: number): ServerResponse {
  const response = raw(reply);
  // Those that let another origin read it, say.
  for (const [name, value = ''] of Object.entries(reply.getHeaders())) response.setHeader(name, value);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': length });
  response.flushHeaders();
  return response;
}

function drip(response: ServerResponse, text: string, everyMs: number): void {
  const size = Math.ceil(text.length / drips);
  let at = 0;
  const timer = setInterval(() => {
    response.write(text.slice(at, (at += size)));
    if (at < text.length) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}
