import type { ServerStats } from './ledger.ts';
import type { ProfileName } from './profiles.ts';

/** What the server process is started with. */
export interface ServerSetup {
  readonly seed: number;
  readonly faults: ProfileName;
  /** Whether pages of other origins may call it, and choose its faults. */
  readonly forPages?: boolean;
}

/** To the server: tell what you counted, and begin anew. */
export type ToServer = 'take-stats';

/** From the server. */
export type FromServer =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'stats'; readonly stats: ServerStats };
