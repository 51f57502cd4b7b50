import { maxTimerDelay } from '@kyhooks/core';
import type { Hooks } from '../permits/permits.ts';
import type { Clustered } from './clustered.ts';
import type { Link } from './link.ts';

/** Processes that have heard of the same pause do not all start again in the same moment, but within so many milliseconds. */
const spread = 250;
const word = 'pause';

/** The pauses of a key, told to all processes: to those that are there as a message, to those that come later as a key. */
export class Pauses {
  readonly #link: Link;
  readonly #key: string;
  readonly #channel: Clustered;
  readonly #hooks: Pick<Hooks, 'paused'>;
  readonly #me: string = crypto.randomUUID();

  constructor(link: Link, key: string, channel: Clustered, hooks: Pick<Hooks, 'paused'>) {
    this.#link = link;
    this.#key = key;
    this.#channel = channel;
    this.#hooks = hooks;
    channel.onMessage((message) => this.#hear(message));
  }

  /** Tells the others. Where Redis is away nobody hears it, and each has to find out. */
  async tell(ms: number): Promise<void> {
    // Redis knows no time that is much longer, and would refuse it.
    const length = Math.min(Math.ceil(ms), maxTimerDelay);
    const until = this.#link.now + length;
    try {
      await Promise.all([
        this.#channel.publish(`${word}:${until}:${this.#me}`),
        this.#link.client.set(this.#key, String(until), 'PX', length),
      ]);
    } catch (error) {
      this.#link.doubt(error);
    }
  }

  /** Finds out what was told before. */
  async look(): Promise<void> {
    try {
      const until = await this.#link.client.get(this.#key);
      if (until !== null) this.#pause(Number(until));
    } catch (error) {
      this.#link.doubt(error);
    }
  }

  #hear(message: string): void {
    const [kind, until, who] = message.split(':');
    if (kind === word && who !== this.#me) this.#pause(Number(until));
  }

  #pause(until: number): void {
    const ms = until - this.#link.now;
    if (ms > 0) this.#hooks.paused(ms + Math.random() * Math.min(spread, ms));
  }
}
