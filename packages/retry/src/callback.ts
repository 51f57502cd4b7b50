import type { Call } from '@kyhooks/core';
import { errorCode } from '@kyhooks/core/classify';

/** What a callback of the user's gives; `undefined` when it throws, which breaks nothing and is noted on the record. */
export async function guarded<Value>(
  call: Call,
  name: string,
  callback: () => Value,
): Promise<Awaited<Value> | undefined> {
  try {
    return await callback();
  } catch (thrown) {
    call.decide('retry', 'threw', `${name} threw ${errorCode(thrown)}`);
    return undefined;
  }
}
