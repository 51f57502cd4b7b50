/** What a Bottleneck of any kind offers: a job that runs when it may. */
export interface Schedules {
  schedule<Result>(
    options: { readonly weight: number },
    task: () => PromiseLike<Result>,
  ): PromiseLike<Result>;
}

/** A job that is running, and does nothing: as long as it runs, Bottleneck counts it. */
export interface Slot {
  readonly weight: number;
  /** When it began, on the monotonic clock. */
  readonly since: number;
  /** Ends the job. Calling it twice does nothing. */
  end(): void;
}

/** Resolves when the limiter runs the job; rejects when it will never do so. */
export function slotOf(limiter: Schedules, weight: number): Promise<Slot> {
  return new Promise((resolve, reject) => {
    const job = limiter.schedule(
      { weight },
      () => new Promise<void>((end) => resolve({ weight, since: performance.now(), end })),
    );
    job.then(undefined, reject);
  });
}
