export { countListeners } from './listener-count.ts';
export { outcome } from './outcome.ts';
export { networkError, type Reply } from './reply.ts';
export { lineOf, scriptedWire, type Exchange, type ScriptedWire, type WireOptions } from './scripted-wire.ts';
export { seeded } from './seeded.ts';
export { bucket, rounding, singly, type Throttle, window } from './throttles.ts';
export { virtualClock, virtualEpoch, type VirtualClock } from './virtual-clock.ts';
export { watchedBody, type BodyState, type WatchedBody } from './watched-body.ts';
