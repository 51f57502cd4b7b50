import { type CallRecord, compose, gate, layer, onSettled } from '@kyhooks/core';
import type { Options } from 'ky';

interface WatchOptions {
  readonly onCall: (record: CallRecord) => void;
}

const watchLayer = layer<WatchOptions>({
  name: 'watch',
  places: [gate({ stage: 'prepare', run: ({ call }, { onCall }) => onCall(call) })],
});

/** A layer of one's own: shows the record of each call from its start, to be looked at while it grows. */
export function watch(onCall: (record: CallRecord) => void): Options {
  // With a listener the record tells of the body too.
  return compose(
    watchLayer({ onCall }),
    onSettled(() => undefined),
  );
}
