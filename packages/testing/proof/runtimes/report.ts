/** What a runtime sends back. */
export interface Report {
  readonly passed: number;
  readonly failures: readonly Failure[];
  /** Reasons of differences that this runtime's own platform shows. */
  readonly differs: readonly string[];
}

export interface Failure {
  /** File and full name: `packages/core/test/waiting.test.ts > wait > ends in time`. */
  readonly test: string;
  readonly message: string;
}
