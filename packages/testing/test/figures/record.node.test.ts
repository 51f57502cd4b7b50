import { onSettled, traceOf } from '@kyhooks/core';
import { rateLimit } from '@kyhooks/rate-limit';
import { retry } from '@kyhooks/retry';
import { scriptedWire, virtualClock } from '@kyhooks/testing';
import ky from 'ky';
import { expect, test } from 'vitest';
import { figure } from './table.ts';

test('a record draws a call that queues, meets an error and a pause, and gets through', async () => {
  using clock = virtualClock();
  const wire = scriptedWire(clock);
  const api = ky
    .create({ baseUrl: 'https://api.example.com/', fetch: wire.fetch })
    .extend(rateLimit({ maxConcurrent: 1 }))
    .extend(retry({ jitter: 'none' }))
    .extend(onSettled(() => undefined));

  // Another call has the only permit for 250 ms.
  const other = api.get('v1/reports/7').text();
  const report = await wire.expect('GET /v1/reports/7');
  const call = api.get('v1/users/42');
  await clock.advance(250);
  await report.respond(200);
  await other;

  const first = await wire.expect('GET /v1/users/42');
  await clock.advance(80);
  await first.respond(503);
  await clock.advance(300); // the backoff
  const second = await wire.expect('GET /v1/users/42');
  await clock.advance(60);
  await second.respond(429, { headers: { 'retry-after': '1' } });
  await clock.advance(1_000);
  const third = await wire.expect('GET /v1/users/42');
  await clock.advance(90);
  await third.respond(200);
  const response = await clock.finish(call);
  await clock.finish(response.text());

  const drawing = String(traceOf(response));
  expect(drawing.split('\n')[0]).toContain('3 attempts');
  await expect(`\`\`\`text\n${drawing}\n\`\`\`\n`).toMatchFileSnapshot(figure('.figures/record.md'));
});
