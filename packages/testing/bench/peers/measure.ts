import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { FlakyApi } from '../../../demo/src/flaky-api.ts';
import { isInvoice, isUser } from '../../../demo/src/right-answer.ts';
import { draftOf } from '../../../demo/src/server/truth.ts';
import type { Client, Contender } from './client.ts';

/** Connections in use at a time over loopback. */
export const concurrency = 20;
export const requestsPerRound = 200;
export const loopbackRounds = 25;
const warmUpRounds = 5;

/** Durations of the requests, by contender, and the ratio of each round's throughput to the first contender's. */
export interface Loopback {
  readonly name: string;
  readonly ratios: readonly number[];
  readonly perSecond: readonly number[];
  readonly durationsMs: readonly number[];
}

/** Requests over real sockets to a server in another process; the contenders take turns. */
export async function loopback(contenders: readonly Contender[]): Promise<Loopback[]> {
  const server = fork(fileURLToPath(new URL('loopback-server.ts', import.meta.url)));
  const [port] = (await once(server, 'message')) as [number];
  const url = `http://127.0.0.1:${port}/users/1`;
  const clients = contenders.map(({ recommended }) => recommended());
  const durations = contenders.map((): number[] => []);
  const perSecond = contenders.map((): number[] => []);
  for (let round = 0; round < warmUpRounds + loopbackRounds; round++) {
    for (const [index, client] of clients.entries()) {
      const kept = round < warmUpRounds ? [] : durations[index]!;
      const start = performance.now();
      await inParallel(requestsPerRound, async () => {
        const sent = performance.now();
        await client.get(url);
        kept.push(performance.now() - sent);
      });
      if (round >= warmUpRounds)
        perSecond[index]!.push((requestsPerRound / (performance.now() - start)) * 1000);
    }
  }
  server.disconnect();
  return contenders.map(({ name }, index) => ({
    name,
    ratios: perSecond[index]!.map((rate, round) => rate / perSecond[0]![round]!),
    perSecond: perSecond[index]!,
    durationsMs: durations[index]!,
  }));
}

/** The flaky job: this many users are read and this many invoices created. */
export const users = 200;
export const invoices = 100;
export const seed = 1;
/** A call that takes longer is given up and counts as failed: some contenders never do so themselves. */
export const patience = 15_000;

export interface Faults {
  readonly name: string;
  readonly right: number;
  readonly falseSuccesses: number;
  readonly duplicates: number;
  readonly requests: number;
  readonly givenUp: number;
  readonly seconds: number;
}

/** The job against the demo's flaky API; every contender meets the same script. */
export async function faults(name: string, client: Client): Promise<Faults> {
  const api = await FlakyApi.start({ seed, faults: 'mixed' });
  let right = 0;
  let falseSuccesses = 0;
  let givenUp = 0;
  const job = async (index: number): Promise<void> => {
    const number = index < users ? index + 1 : index - users + 1;
    const draft = draftOf(number);
    const sent =
      index < users ? client.get(`${api.url}/users/${number}`) : client.post(`${api.url}/invoices`, draft);
    const answer = await atMost(patience, sent);
    if (answer === 'given up') givenUp++;
    else if (answer === 'failed') return;
    else if (index < users ? isUser(answer.value, number) : isInvoice(answer.value, draft)) right++;
    else falseSuccesses++;
  };
  try {
    const start = performance.now();
    await inParallel(users + invoices, job);
    const seconds = (performance.now() - start) / 1000;
    const { requests, duplicateWrites: duplicates } = await api.takeStats();
    return { name, right, falseSuccesses, duplicates, requests, givenUp, seconds };
  } finally {
    await api.stop();
  }
}

async function atMost(
  limit: number,
  sent: Promise<unknown>,
): Promise<{ readonly value: unknown } | 'failed' | 'given up'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'given up'>((resolve) => {
    timer = setTimeout(resolve, limit, 'given up');
  });
  const outcome = sent.then(
    (value) => ({ value }),
    () => 'failed' as const,
  );
  return Promise.race([outcome, late]).finally(() => {
    clearTimeout(timer);
  });
}

async function inParallel(count: number, job: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await job(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** Bytes of a module after esbuild's minifier and brotli. */
export async function bundled(
  contents: string,
  { nodeOnly = false, external = [] }: { nodeOnly?: boolean; external?: string[] } = {},
): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../..', import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: nodeOnly ? 'node' : 'browser',
    external,
    write: false,
    logLevel: 'error',
  });
  return brotliCompressSync(outputFiles[0]!.contents).length;
}
