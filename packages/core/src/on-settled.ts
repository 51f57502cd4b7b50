import type { Options as KyOptions } from 'ky';
import { Call, type CallRecord } from './call.ts';
import { layer } from './layer.ts';
import { teachToPrint } from './print-call.ts';
import { settled, tell } from './settled.ts';

interface OnSettledOptions {
  readonly listeners: readonly ((call: CallRecord) => unknown)[];
}

const settledLayer = /* @__PURE__ */ layer<OnSettledOptions>({
  name: 'onSettled',
  merge: (earlier, later) => ({ listeners: [...earlier.listeners, ...later.listeners] }),
  places: [
    settled((call, { listeners }) => {
      for (const listener of listeners) tell(call, 'onSettled', () => listener(call));
    }),
  ],
});

/**
 * Calls the listener with the record of each call when it is over, exactly once: after its body was read, cancelled,
 * broken or dropped unread, or with its error. Given again, it adds a listener. What it throws, or rejects with, is noted on the record.
 */
export function onSettled(listener: (call: CallRecord) => unknown): KyOptions {
  teachToPrint(Call.prototype);
  return settledLayer({ listeners: [listener] });
}
