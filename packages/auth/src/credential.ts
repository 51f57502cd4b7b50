import { unlessAborted } from '@kyhooks/core';
import { expiryOf } from './expiry.ts';
import { authDefaults, type AuthOptions, type GivenToken } from './options.ts';

/**
 * What stands for a token that `token` gives: that token, or what it was refreshed to. Shared by all calls for which
 * `token` gives the same and which refresh by the same function, and by no others: on a server they may be different users'.
 */
export class Credential {
  /** What is sent; `undefined` before there is one. */
  value: string | undefined;
  /** Refreshes that failed: who signed before the last of them shares in it. */
  failures = 0;
  #failure: unknown;
  /** From here on it is refreshed ahead, and here it ends; in milliseconds since the epoch. */
  #aheadMs = Infinity;
  #endMs = Infinity;
  #refreshing: Promise<void> | undefined;

  constructor(given: GivenToken | undefined, options: AuthOptions) {
    this.#hold(given, options);
  }

  /** Sees to a token that has not ended. Who aborts leaves the others waiting. */
  async ready(options: AuthOptions, signal: AbortSignal): Promise<void> {
    const now = Date.now();
    if (!options.refresh || (this.value !== undefined && now < this.#aheadMs)) return;
    if (this.value === undefined || now >= this.#endMs) await unlessAborted(this.#refresh(options), signal);
    // There is time left: the present one still serves, also when this fails.
    else void this.#refresh(options).catch(() => undefined);
  }

  /**
   * Sees to another token than the one that was refused.
   *
   * @param failures as they were when that one was sent
   */
  async renew(
    refused: string | undefined,
    failures: number,
    options: AuthOptions,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.value !== refused || !options.refresh) return;
    // It was refreshed already, in vain.
    if (failures < this.failures) throw this.#failure;
    await unlessAborted(this.#refresh(options), signal);
  }

  /** Once for all who ask meanwhile. */
  #refresh(options: AuthOptions): Promise<void> {
    this.#refreshing ??= this.#refreshOnce(options);
    return this.#refreshing;
  }

  async #refreshOnce(options: AuthOptions): Promise<void> {
    const { refresh, token } = options;
    try {
      const given = (await refresh!(this.value)) ?? (typeof token === 'function' ? await token() : undefined);
      if (given !== undefined) this.#hold(given, options);
    } catch (error) {
      this.failures++;
      this.#failure = error;
      // Ahead of its end it is not tried again at once, but half way to it.
      this.#aheadMs = Date.now() + (this.#endMs - Date.now()) / 2;
      throw error;
    } finally {
      this.#refreshing = undefined;
    }
  }

  #hold(
    given: GivenToken | undefined,
    { refresh, refreshBefore = authDefaults.refreshBefore }: AuthOptions,
  ): void {
    this.value = valueOf(given);
    // Nobody would get another one ahead.
    if (!refresh || given === undefined) return;
    const now = Date.now();
    const lifeMs = expiryOf(given) - now;
    // One that has ended when it comes may say that the clocks differ: the server tells by a 401.
    this.#endMs = lifeMs > 0 ? now + lifeMs : Infinity;
    this.#aheadMs = this.#endMs - Math.min(refreshBefore, lifeMs / 2);
  }
}

/** By the function that refreshes, then by the token given. */
const credentials = new WeakMap<object, Map<string | undefined, Credential>>();
/** Tokens remembered for each function; of more than these the one met first is forgotten. */
const maxTokens = 1_000;

/** The credential for what `token` gives at this moment. */
export async function credentialFor(options: AuthOptions, signal: AbortSignal): Promise<Credential> {
  const { token, refresh } = options;
  const answer = typeof token === 'function' ? token() : token;
  // A token at hand costs no wait.
  const waits = typeof answer === 'object' && 'then' in answer;
  const given = waits ? await unlessAborted(answer, signal) : answer;
  // Without a way to refresh there is nothing to share.
  if (!refresh) return new Credential(given, options);
  let known = credentials.get(refresh);
  if (!known) credentials.set(refresh, (known = new Map()));
  const value = valueOf(given);
  let credential = known.get(value);
  if (!credential) {
    if (known.size >= maxTokens) known.delete(known.keys().next().value);
    known.set(value, (credential = new Credential(given, options)));
  }
  return credential;
}

function valueOf(given: GivenToken | undefined): string | undefined {
  return typeof given === 'object' ? given.token : given;
}
