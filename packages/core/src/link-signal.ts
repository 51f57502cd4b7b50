/** A controller that follows other signals until it is unlinked. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Stops following them; no listener is left on any. */
  unlink(): void;
}

/**
 * Makes a signal that aborts when one of its parents does, with that parent's own reason, or by its own `abort`.
 *
 * Stands in for `AbortSignal.any`, which leaks or loses aborts in several Node versions in use
 * (https://github.com/nodejs/node/issues/64476, https://github.com/nodejs/node/issues/65995).
 */
export function linkSignal(...parents: readonly (AbortSignal | null | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const follow = ({ target }: Pick<Event, 'target'>): void => abort((target as AbortSignal).reason);
  const unlink = (): void => {
    for (const parent of parents) parent?.removeEventListener('abort', follow);
  };
  const abort = (reason: unknown): void => {
    unlink();
    controller.abort(reason);
  };
  const over = parents.find((parent) => parent?.aborted);
  if (over) abort(over.reason);
  else for (const parent of parents) parent?.addEventListener('abort', follow, { once: true });
  return { signal: controller.signal, abort, unlink };
}
