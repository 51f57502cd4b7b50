import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const limits = 'rateLimit({ maxConcurrent: 5, hold: "body", rate: { limit: 2, interval: 600_000 } })';
/** Each is a program with two requests in a window of ten minutes, and their bodies unread. */
const programs: readonly (readonly [name: string, end: string])[] = [
  ['a limiter in use', ''],
  [
    'a limiter that was closed while calls wait',
    'const waiting = call().catch(({ code }) => console.log(code)); await limits.close(); await waiting;',
  ],
  [
    "a user's own Bottleneck",
    'const own = ky.create(stub).extend(rateLimit({ limiter: new Bottleneck({ maxConcurrent: 1 }) })); await own.get(url);',
  ],
];

test.each(programs)(
  '%s lets the process end',
  (_, end) => {
    const program = `
    import ky from 'ky';
    import Bottleneck from 'bottleneck';
    import { rateLimit } from '@kyhooks/rate-limit';
    const url = 'https://api.test/a';
    const stub = { fetch: async () => new Response('fine'), timeout: false, totalTimeout: false };
    const limits = ${limits};
    const api = ky.create(stub).extend(limits);
    const call = () => api.get(url);
    await call();
    await call();
    ${end}
  `;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', program],
      {
        cwd: fileURLToPath(new URL('..', import.meta.url)),
        encoding: 'utf8',
        timeout: 30_000,
      },
    );
    // A process that had to be stopped has no status.
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trim()).toBe(end.includes('close') ? 'RATE_LIMIT_STOPPED' : '');
  },
  60_000,
);
