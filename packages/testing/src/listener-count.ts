/** Counts the `abort` listeners that are on a signal, from now on. */
export function countListeners(signal: AbortSignal): { readonly count: number } {
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: never, options?: AddEventListenerOptions) => {
    if (type === 'abort') listeners.add(listener);
    add(type, listener, options);
  };
  signal.removeEventListener = (type: string, listener: never) => {
    if (type === 'abort') listeners.delete(listener);
    remove(type, listener);
  };
  return {
    get count() {
      // What was added `once` is gone when the signal has fired.
      return signal.aborted ? 0 : listeners.size;
    },
  };
}
