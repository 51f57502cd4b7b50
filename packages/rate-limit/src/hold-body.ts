import type { Send } from '@kyhooks/core';
import { tapBody } from '@kyhooks/core/body-tap';
import type { Holder, Limiter } from './limiter.ts';
import { inBackground } from './background.ts';

/** Longest time for which a body that nobody has begun to read holds its permit, in milliseconds. */
const longestHold = 60_000;

/** Keeps the permit of this attempt until its body has ended. Holds the response only weakly. */
export function holdBody(
  response: Response,
  { call, attempt }: Send,
  { slot, name, options, pool }: Limiter,
): void {
  const entry = (attempt as unknown as Holder)[slot];
  if (options.hold !== 'body' || !entry) return;
  const { permit } = entry;
  entry.held = true;
  const reference = new WeakRef(response);
  const isRead = (): boolean => reference.deref()?.bodyUsed ?? false;
  const stopTimer = inBackground(longestHold, () => {
    if (isRead()) return;
    call.decide(name, 'note', `its body was not read for ${longestHold} ms: the permit went back`);
    end();
  });
  // Closing waits for bodies that are being read, not for those that are left.
  const stopListening = pool.onClose(() => {
    if (!isRead()) end();
  });
  const end = (): void => {
    stopTimer();
    stopListening();
    permit.release();
  };
  tapBody(response, { ended: end });
}
