/* oxlint-disable no-underscore-dangle -- the names are Bottleneck's */
import Bottleneck from 'bottleneck';
import { inBackground } from '../background.ts';
import type { Schedules } from '../permits/slot.ts';
import { guard } from '../permits/window.ts';
import type { Link } from './link.ts';

/**
 * So long beyond its window a job counts in Redis when its process no longer says that it runs, in milliseconds. A killed
 * process gives its permits back after that.
 */
const expiration = 3_000;
const tendEvery = 250;
/** Bottleneck has nothing to do by itself: what it would is done where there is need of it. */
const never = 2 ** 31 - 1;
/** How long the keys of a Bottleneck stay in Redis when nobody uses them, in milliseconds; longer than any call runs. */
const shelfLife = 3_600_000;

/** What one Bottleneck counts. */
export interface ClusteredLimits {
  readonly maxConcurrent: number | null;
  readonly minTime: number;
  /** Of a window: how long a job runs on after its request was answered, in milliseconds. */
  readonly interval?: number;
}

/** What is private in a Bottleneck over Redis. */
interface Inside {
  readonly _store: {
    readonly heartbeat?: ReturnType<typeof setInterval>;
    __register__(index: string, weight: number, expiration?: number): Promise<{ readonly success: boolean }>;
    __free__(index: string, weight: number): Promise<unknown>;
  };
  _drainAll(): Promise<unknown>;
}

/** A Bottleneck that counts in Redis, for all processes that make one with the same id. */
export class Clustered implements Schedules {
  readonly #link: Link;
  readonly #bottleneck: Bottleneck;
  readonly #inside: Inside;
  readonly #expirations: string;
  readonly #interval: number;
  readonly #expiration: number;
  /** The jobs that count in Redis because of us. */
  readonly #live = new Set<string>();
  /** Jobs that have not ended, wherever they are: for some moments one is neither queued nor running. */
  #jobs = 0;
  readonly #freeing = new Set<Promise<unknown>>();
  #renewedAt = performance.now();
  #stopTending: (() => void) | undefined;
  #closed = false;

  constructor(link: Link, id: string, { maxConcurrent, minTime, interval = 0 }: ClusteredLimits) {
    this.#link = link;
    this.#interval = interval;
    this.#expiration = interval + expiration;
    this.#expirations = `b_${id}_job_expirations`;
    this.#bottleneck = new Bottleneck({
      id,
      maxConcurrent,
      minTime,
      connection: link.connection,
      heartbeatInterval: never,
      timeout: shelfLife + interval,
    });
    this.#inside = this.#bottleneck as unknown as Inside;
    this.#follow();
  }

  /** Rejects when it could not begin; it will not begin any more then. */
  ready(): Promise<unknown> {
    return this.#bottleneck.ready();
  }

  schedule<Result>(options: { weight: number }, task: () => PromiseLike<Result>): Promise<Result> {
    this.#jobs++;
    this.#tendLater();
    return this.#bottleneck.schedule(options, task).finally(() => this.#jobs--);
  }

  /** Tells all processes. */
  async publish(message: string): Promise<void> {
    await this.#bottleneck.publish(message);
  }

  /** Calls back with what a process tells, this one too. */
  onMessage(listener: (message: string) => void): void {
    this.#bottleneck.on('message', listener);
  }

  /** Starts what may start, and says to Redis that what runs is running. */
  async tend(): Promise<void> {
    if (this.#link.state !== 'up') return;
    try {
      await this.#renew();
    } catch (error) {
      this.#link.doubt(error);
    }
    if (this.#bottleneck.queued() > 0) await this.#inside._drainAll();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTending?.();
    // A job that has ended is on its way out some turns later.
    await new Promise((resolve) => void setTimeout(resolve));
    await Promise.allSettled(this.#freeing);
    // What was sent last is still in the window; nobody will be here to say when it has left.
    await this.#expireIn(this.#interval + guard).catch(() => undefined);
    clearInterval(this.#inside._store.heartbeat);
    await this.#link.leave(this.#bottleneck, [this.#bottleneck.channel(), this.#channelOfThisOne()]);
  }

  /**
   * Knows which jobs run. The expiration is told to Redis alone: Bottleneck would end the job by its own clock.
   */
  #follow(): void {
    const store = this.#inside._store;
    const register = store.__register__.bind(store);
    const free = store.__free__.bind(store);
    store.__register__ = async (index, weight) => {
      const answer = await register(index, weight, this.#expiration);
      if (answer.success) this.#live.add(index);
      return answer;
    };
    store.__free__ = (index, weight) => {
      this.#live.delete(index);
      const freed = free(index, weight).finally(() => this.#freeing.delete(freed));
      this.#freeing.add(freed);
      return freed;
    };
  }

  async #renew(): Promise<void> {
    const now = performance.now();
    if (now - this.#renewedAt < this.#expiration / 4) return;
    this.#renewedAt = now;
    await this.#expireIn(this.#expiration);
  }

  async #expireIn(ms: number): Promise<void> {
    if (this.#live.size === 0 || this.#link.state !== 'up') return;
    const until = Math.round(this.#link.now + ms);
    const members = [...this.#live].flatMap((index) => [until, index]);
    await this.#link.client.zadd(this.#expirations, 'XX', ...members);
  }

  #tendLater(): void {
    if (this.#stopTending || this.#closed) return;
    this.#stopTending = inBackground(tendEvery, () => {
      this.#stopTending = undefined;
      if (this.#jobs > 0) this.#tendLater();
      void this.tend();
    });
  }

  #channelOfThisOne(): string {
    return (this.#bottleneck as unknown as { channel_client(): string }).channel_client();
  }
}
