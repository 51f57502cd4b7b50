import type { Send } from '@kyhooks/core';
import { tapBody } from '@kyhooks/core/body-tap';
import type { Limiter } from './limiter.ts';
import { inBackground } from './background.ts';

/** Longest time for which a body that nobody has begun to read holds its permit, in milliseconds. */
const longestHold = 60_000;

/** Keeps the permit of this attempt until its body has ended. */
export function holdBody(
  response: Response,
  { call, attempt }: Send,
  { admitted, name, options }: Limiter,
): void {
  const entry = admitted.get(attempt);
  if (options.hold !== 'body' || !entry) return;
  const { permit } = entry;
  entry.held = true;
  const stop = whenForgotten(response, () => {
    call.decide(name, 'note', `its body was not read for ${longestHold} ms: the permit went back`);
    permit.release();
  });
  tapBody(response, {
    ended: () => {
      stop();
      permit.release();
    },
  });
}

/** Calls back when nobody has begun to read this body in time. Holds the response only weakly. */
function whenForgotten(response: Response, callback: () => void): () => void {
  const reference = new WeakRef(response);
  return inBackground(longestHold, () => {
    if (!reference.deref()?.bodyUsed) callback();
  });
}
