import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { networkError, type Reply, scriptedWire, virtualClock } from '@kyhooks/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ky from 'ky';
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import winston from 'winston';
import { log, type Logger, type LogEvent, type LogOptions } from '../src/index.ts';

/** What a logger has written, as lines. */
class Sink extends Writable {
  readonly lines: Record<string, unknown>[] = [];

  override _write(chunk: Buffer, _: string, done: () => void): void {
    for (const line of String(chunk).split('\n').filter(Boolean)) this.lines.push(JSON.parse(line) as never);
    done();
  }
}

async function calls(options: LogOptions, replies: readonly Reply[], attempts = 1): Promise<void> {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies });
  const api = ky
    .create({ baseUrl: 'https://api.test/', fetch: wire.fetch, retry: { limit: attempts - 1 } })
    .extend(log(options));
  const call = api.get('users/1?sig=secret', { headers: { authorization: 'Bearer secret' } }).text();
  await clock.finish(Promise.allSettled([call]));
  await clock.settle();
}

describe('pino and winston take events as they are', () => {
  const loggers: Record<string, (sink: Sink) => Logger> = {
    pino: (sink) => pino({ level: 'debug' }, sink),
    'a child of pino': (sink) => pino({ level: 'debug' }, sink).child({ part: 'api' }),
    winston: (sink) =>
      winston.createLogger({ level: 'debug', transports: [new winston.transports.Stream({ stream: sink })] }),
    'a child of winston': (sink) =>
      winston
        .createLogger({ level: 'debug', transports: [new winston.transports.Stream({ stream: sink })] })
        .child({ part: 'api' }),
  };
  for (const [name, make] of Object.entries(loggers)) {
    test(name, async () => {
      const sink = new Sink();
      const logger = make(sink);
      await calls({ logger }, [{ status: 503 }, { json: { id: 1 } }], 2);
      await calls({ logger }, [{ status: 404 }]);
      const [ok, failed] = sink.lines;
      expect(sink.lines).toHaveLength(2);
      const shared = {
        'event.name': 'kyhooks.call',
        'http.request.method': 'GET',
        ...(name.startsWith('a') && { part: 'api' }),
      };
      const [info, warn] = name.includes('pino') ? [30, 40] : ['info', 'warn'];
      const text = name.includes('pino') ? 'msg' : 'message';
      expect(ok).toMatchObject({
        ...shared,
        level: info,
        [text]: 'GET /users/1 200 in 300 ms',
        'kyhooks.call.attempts': 2,
        'kyhooks.call.decisions': [{ layer: 'ky', verdict: 'retry' }],
      });
      expect(failed).toMatchObject({
        ...shared,
        level: warn,
        [text]: 'GET /users/1 404 in 0 ms',
        'error.type': '404',
      });
      expect(JSON.stringify(sink.lines)).not.toContain('secret');
    });
  }
});

describe('events are what event.schema.json says', () => {
  const schema = JSON.parse(readFileSync(new URL('../event.schema.json', import.meta.url), 'utf8')) as object;
  const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false }).compile(schema);
  const replies: Record<string, readonly Reply[]> = {
    success: [{ json: { id: 1 }, headers: { 'content-length': '8' } }],
    'no body': [{ status: 204 }],
    'a retry': [{ status: 503 }, { json: 1 }],
    'an error status': [{ status: 404 }],
    'no answer': [{ error: networkError('ECONNREFUSED') }],
    'an error that is none': [{ error: 'text' }],
    'a timeout': [{ hang: true }],
    'a body that stalls': [{ body: 'half', stall: true }],
  };
  for (const [name, reply] of Object.entries(replies)) {
    test(name, async () => {
      const events: LogEvent[] = [];
      const logger = (event: LogEvent): void => void events.push(event);
      await calls({ logger, attempts: true, slow: 1, requestId: true }, reply, reply.length);
      expect(events).toHaveLength(reply.length + 1);
      for (const event of events) {
        validate(event);
        expect({ event, errors: validate.errors }).toEqual({ event, errors: null });
        // Every field of ours is described.
        expect(Object.keys((schema as { properties: object }).properties)).toEqual(
          expect.arrayContaining(Object.keys(event)),
        );
      }
    });
  }

  test('and what is no event is not', () => {
    expect(validate({ 'event.name': 'kyhooks.call' })).toBe(false);
    expect(validate({ 'event.name': 'kyhooks.attempt', 'kyhooks.call.id': 'a', 'kyhooks.ok': true })).toBe(
      false,
    );
  });
});
