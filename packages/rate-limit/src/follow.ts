import type { Call, Send } from '@kyhooks/core';
import { readServerTiming, type ServerTiming } from '@kyhooks/core/server-timing';
import type { Holder, Limiter } from './limiter.ts';
import type { Lane } from './lane.ts';

/** Answers by which a server may mean every caller: too many requests, overload, and GitHub's way of saying the former. */
const refusals: readonly number[] = [403, 429, 503];

/** Fields that say what is left; where none of them is there, an answer below 400 is read no further. */
const quotaFields = ['ratelimit', 'ratelimit-remaining', 'x-ratelimit-remaining', 'x-rate-limit-remaining'];

/** Does as the server says: stops the key for a pause, and slows it down where little is left of a quota. */
export function follow(response: Response, { call, attempt }: Send, limiter: Limiter): void {
  const { followServer } = limiter.options;
  const entry = (attempt as unknown as Holder)[limiter.slot];
  if (!entry || !followServer) return;
  const { lane, permit } = entry;
  const { status, headers } = response;
  const isRefusal = isRefused(status);
  if (!isRefusal && status < 500 && lane.passed(permit, wasRefused(call)))
    call.decide(limiter.name, 'note', 'not refused though there is a pause: refusals mean single calls');
  if (status < 400 && !quotaFields.some((field) => headers.has(field))) return;
  const timing = readServerTiming(response);
  const { pauseMs, source } = isRefusal ? timing : spent(timing, followServer.maxPause);
  if (pauseMs) {
    if (isRefusal) call.notBeforeMs = call.elapsedMs + pauseMs;
    const stops = isRefusal ? lane.refused(permit, wasRefused(call), pauseMs) : lane.spent(pauseMs);
    const alone = isRefusal && lane.refusesSingly;
    if (stops || alone)
      call.decide(
        limiter.name,
        'paused',
        `the server says so by ${source}${alone ? ', to this call' : ''}`,
        pauseMs,
      );
  }
  slowDown(lane, timing, followServer.maxPause);
}

/** The pause where nothing is left of a quota. What such an answer says of a far future is better left to a refusal. */
function spent({ quotas }: ServerTiming, maxPause: number): Pick<ServerTiming, 'pauseMs' | 'source'> {
  let longest: { pauseMs: number; source: string } | undefined;
  for (const { remaining, resetMs: pauseMs = Infinity, field: source } of quotas) {
    if (remaining === 0 && pauseMs <= maxPause && pauseMs > (longest?.pauseMs ?? 0))
      longest = { pauseMs, source };
  }
  return longest ?? {};
}

/** Whether the server has refused the attempt before the last one. */
export function wasRefused({ attempts }: Call): boolean {
  return isRefused(attempts.at(-2)?.status);
}

function isRefused(status: number | undefined): boolean {
  return status !== undefined && refusals.includes(status);
}

/** Of several quotas the one that allows least in its time; one that is spent is a pause. */
function slowDown(lane: Lane, { quotas }: ServerTiming, maxPause: number): void {
  let least: { readonly left: number; readonly ms: number } | undefined;
  for (const { remaining: left = 0, resetMs: ms = Infinity, unit } of quotas) {
    if (unit !== 'requests' || left === 0 || ms > maxPause) continue;
    if (!least || left / ms < least.left / least.ms) least = { left, ms };
  }
  if (least) lane.allow(least.left, least.ms);
}
