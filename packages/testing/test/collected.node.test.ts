import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { auth } from '@kyhooks/auth';
import { type CallOutcome, compose, onSettled } from '@kyhooks/core';
import { otel } from '@kyhooks/otel';
import { constant, retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import { networkError } from '@kyhooks/testing';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import ky, { type KyInstance } from 'ky';
import * as v from 'valibot';
import { expect, test } from 'vitest';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const quick = retry({ backoff: constant(1), jitter: 'none' });
const spans = otel({ callSpan: true, tracerProvider: new TracerProvider({}) });
const bounded = schema({ 'GET /users/:id': v.unknown() }, { maxBytes: 1_000 });
let tokens = 0;
const signed = auth({ token: () => 'old', refresh: () => `new ${++tokens}` });
const all = compose(quick, spans, bounded, timeout(), signed);

const answer = (status: number): Response => new Response('body', { status });
const afterResponse = { hooks: { afterResponse: [() => undefined] } };

/** What leaves a response behind that nobody reads, and what has seen or made it. */
const drops: Readonly<Record<string, readonly [client: KyInstance, replies: readonly (number | 'error')[]]>> =
  {
    'listened to for its end and its bytes': [ky.extend(bounded), [200]],
    'in a span of the call': [ky.extend(spans), [200]],
    'of a status that is not thrown': [ky.create({ throwHttpErrors: false }).extend(quick), [404]],
    'behind a retry': [ky.extend(quick), [503, 200]],
    'behind a retry of a status that is not thrown': [
      ky.create({ throwHttpErrors: false }).extend(quick),
      [503, 200],
    ],
    'behind a network error': [ky.extend(quick), ['error', 200]],
    'behind a hook that sees a clone': [ky.create(afterResponse).extend(bounded), [200]],
    'of all layers': [ky.extend(all), [200]],
    'of all layers, behind retries and a new token': [ky.extend(all), [503, 401, 'error', 200]],
  };

test.each(Object.entries(drops))(
  'a response is collected that is dropped %s',
  async (_, [client, replies]) => {
    const calls = 10;
    const outcomes: (CallOutcome | undefined)[] = [];
    const api = client.extend(onSettled((call) => outcomes.push(call.outcome)));
    for (let call = 0; call < calls; call++) {
      const left = [...replies];
      const fetch = async (): Promise<Response> => {
        const reply = left.shift()!;
        if (reply === 'error') throw networkError('ECONNRESET');
        return answer(reply);
      };
      await api.get('https://api.test/users/1', { fetch });
    }
    // The engine may hold on to the last one, and the collector tells in its own time: asked again, but not for ever.
    for (let turn = 0; turn < 100 && outcomes.length < calls - 1; turn++) {
      gc();
      await sleep(1);
    }
    expect(outcomes.slice(0, calls - 1)).toEqual(Array.from({ length: calls - 1 }, () => 'unread'));
  },
);
