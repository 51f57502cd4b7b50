import type { Options as KyOptions } from 'ky';
import { Call, type CallRecord } from './call.ts';
import { layer } from './layer.ts';
import { teachToPrint } from './print-call.ts';
import { settled } from './settled.ts';

interface OnSettledOptions {
  readonly listeners: readonly ((call: CallRecord) => void)[];
}

const settledLayer = /* @__PURE__ */ layer<OnSettledOptions>({
  name: 'onSettled',
  merge: (earlier, later) => ({ listeners: [...earlier.listeners, ...later.listeners] }),
  places: [settled((call, { listeners }) => listeners.forEach((listener) => listener(call)))],
});

/**
 * Calls the listener with the record of each call when it is over, exactly once: after its body was read, cancelled,
 * broken or dropped unread, or with its error. Given again, it adds a listener. What it throws is noted on the record.
 */
export function onSettled(listener: (call: CallRecord) => void): KyOptions {
  teachToPrint(Call.prototype);
  return settledLayer({ listeners: [listener] });
}
