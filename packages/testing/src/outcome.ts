/** What a call comes to, its value or its error: for promises that must not go unhandled while the clock is moved. */
export function outcome(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).catch((error: unknown) => error);
}
