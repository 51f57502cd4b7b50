import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';

const tickMs = 10;

/**
 * A clock beside the one that is tested: where the machine is busy both are late. Behind the bound it counts the time that
 * the event loop ran, so that a process that was not let run has not overrun. Ends with its block.
 *
 * @param overrun told how long the block went on behind the bound, in milliseconds, if it did
 */
export function witness(boundMs: number, overrun: (behindMs: number) => void): Disposable {
  let behindMs = 0;
  let ticks: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    ticks = setInterval(() => void (behindMs += tickMs), tickMs);
  }, boundMs);
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      clearInterval(ticks);
      if (behindMs > 0) overrun(behindMs);
    },
  };
}
