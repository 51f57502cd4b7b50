import type { FaultName } from '../src/server/profiles.ts';

/** What may go wrong, as the reader has it. */
export interface Settings {
  readonly faults: readonly FaultName[];
  /** Whether the page may read `Retry-After`; another origin has to say so. */
  readonly exposed: boolean;
}

/** An API that the page calls: over the network, or made up. */
export interface Api {
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
  configure(settings: Settings): Promise<void>;
  /** What the server did. */
  stats(): Promise<{
    readonly requests: number;
    readonly preflights?: number;
    readonly duplicateWrites: number;
  }>;
}
