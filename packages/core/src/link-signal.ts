/** A controller that follows a parent signal until it is unlinked. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Stops following the parent; no listener is left on it. */
  unlink(): void;
}

/**
 * Makes a signal that aborts when the parent does, with the parent's own reason, or by its own `abort`.
 *
 * Stands in for `AbortSignal.any`, which leaks or loses aborts in several Node versions in use
 * (https://github.com/nodejs/node/issues/64476, https://github.com/nodejs/node/issues/65995).
 */
export function linkSignal(parent?: AbortSignal | null): LinkedSignal {
  const controller = new AbortController();
  const follow = (): void => abort(parent!.reason);
  const unlink = (): void => parent?.removeEventListener('abort', follow);
  const abort = (reason: unknown): void => {
    unlink();
    controller.abort(reason);
  };
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return { signal: controller.signal, abort, unlink };
}
