/* oxlint-disable no-underscore-dangle -- the names are Bottleneck's */
import Bottleneck from 'bottleneck';
import { inBackground } from '../background.ts';
import { type OwnClient, ownCopy, type RedisClient } from './client.ts';

/** How long calls wait for the first connection, and for a lost one or an answer that does not come; milliseconds. */
const longestConnect = 2_000;
const longestDoubt = 500;
const probeEvery = 100;
/** Redis answers, but with an error that nobody knows: it gets some time. */
const restAfterError = 1_000;
/** Time between two looks at the clock of Redis, which also find a connection that has died in silence. */
const lookEvery = 5_000;

/** Works only where scripts and writes work, and gives the time: seconds and microseconds. */
const probeScript = `redis.call('set', KEYS[1], 1, 'px', 1000) return redis.call('time')`;

/** What Bottleneck understands by itself. Since Redis 7 there is more behind these words, which it does not expect. */
const expected = ['SETTINGS_KEY_NOT_FOUND', 'UNKNOWN_CLIENT', 'OVERWEIGHT'];

/** The connection of Bottleneck, with what is private in it. */
interface OpenConnection {
  readonly subscriber: OwnClient;
  readonly limiters: Record<string, unknown>;
  __scriptArgs__(name: string, id: string, args: unknown[], callback: Callback): unknown[];
  __scriptFn__(name: string): (...args: unknown[]) => unknown;
}
type Callback = (error: Error | null, reply?: unknown) => void;

/** The one connection of a limiter to Redis, whose state it knows at any time. */
export class Link {
  /** For Bottleneck, which sends its scripts through it. */
  readonly connection: Bottleneck.IORedisConnection;
  readonly client: OwnClient;
  readonly #open: OpenConnection;
  readonly #listeners = new Set<() => void>();
  #state: 'up' | 'unsure' | 'down' = 'unsure';
  #reason: unknown = new Error('not connected yet');
  /** Until when calls wait for certainty. */
  #patientUntil = performance.now() + longestConnect;
  #probing = false;
  #stopWaiting: (() => void) | undefined;
  #closed = false;
  /** Redis's clock minus the monotonic one, in milliseconds, and how far off it may be. */
  #ahead = performance.timeOrigin;
  #roundTrip = Infinity;
  #lookedAt = 0;

  constructor(users: RedisClient) {
    this.client = ownCopy(users);
    // Given its class too, Bottleneck does not look for one itself.
    const options = { client: this.client, Redis: this.client.constructor };
    this.connection = new Bottleneck.IORedisConnection(options);
    this.#open = this.connection as unknown as OpenConnection;
    this.#mend();
    this.client.on('ready', () => void this.#probe());
    this.client.on('close', () => this.doubt(new Error('the connection was closed')));
    this.#open.subscriber.on('ready', () => this.#subscribeAgain());
    void this.#probe();
  }

  /** Whether Redis counts; `unsure` does not last. */
  get state(): 'up' | 'unsure' | 'down' {
    return this.#state;
  }

  /** Why it is down. */
  get reason(): unknown {
    return this.#reason;
  }

  /** The time by the clock of Redis, in milliseconds since the epoch: processes need not agree on theirs. */
  get now(): number {
    return Math.round(performance.now() + this.#ahead);
  }

  /** Calls back whenever the state is another; gives the function that stops that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something has failed that should not: finds out whether Redis is there. */
  doubt(error: unknown): void {
    if (this.#closed || this.#state !== 'up') return;
    this.#reason = error;
    this.#patientUntil = performance.now() + longestDoubt;
    if (isReply(error)) this.#lose(restAfterError);
    else {
      this.#become('unsure');
      void this.#probe();
    }
  }

  /** Hears no more of what others tell this Bottleneck. Its own way of that fails aloud where Redis is away. */
  async leave(limiter: unknown, channels: readonly string[]): Promise<void> {
    const { limiters, subscriber } = this.#open;
    // One that was made for the same key meanwhile listens to the same channel: before this, or while it is under way.
    const left = channels.filter((channel) => limiters[channel] === limiter);
    for (const channel of left) delete limiters[channel];
    if (this.#state !== 'up' || left.length === 0) return;
    await subscriber.unsubscribe(...left).catch(() => undefined);
    this.#subscribe(left.filter((channel) => limiters[channel]));
  }

  /** Ends our connections, not the user's. What was sent last still arrives. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWaiting?.();
    this.#listeners.clear();
    if (this.#state === 'up') await this.client.quit().catch(() => undefined);
    this.client.disconnect();
    this.#open.subscriber.disconnect();
  }

  /**
   * Gives each script the time of Redis, and looks at each answer. Bottleneck sends one after the other: while Redis is
   * not there, only what gives a permit back is worth waiting for, in case it was only frozen.
   */
  #mend(): void {
    const scriptFn = this.#open.__scriptFn__.bind(this.connection);
    this.#open.__scriptFn__ = (name) =>
      this.#state === 'up' || name === 'free'
        ? scriptFn(name)
        : (...args) => (args.at(-1) as Callback)(new Error('Redis is not there', { cause: this.#reason }));
    const scriptArgs = this.#open.__scriptArgs__.bind(this.connection);
    this.#open.__scriptArgs__ = (name, id, [, ...args], callback) =>
      scriptArgs(name, id, [this.now, ...args], (error, reply) => {
        const words = error && expected.find((word) => error.message.includes(word));
        if (error && !words) this.doubt(error);
        callback(words ? new Error(words, { cause: error }) : error, reply);
      });
  }

  /** Bottleneck does not notice when subscribing has failed. */
  #subscribeAgain(): void {
    this.#subscribe(Object.keys(this.#open.limiters));
  }

  #subscribe(channels: readonly string[]): void {
    if (channels.length > 0) this.#open.subscriber.subscribe(...channels).catch(() => undefined);
  }

  async #probe(): Promise<void> {
    if (this.#closed || this.#probing) return;
    this.#probing = true;
    this.#stopWaiting?.();
    const asked = performance.now();
    try {
      const [seconds, micros] = (await this.client.eval(probeScript, 1, 'kyhooks:probe')) as [string, string];
      this.#setClock(Number(seconds) * 1_000 + Number(micros) / 1_000, asked);
      this.#become('up');
      this.#probeAfter(lookEvery);
    } catch (error) {
      this.#reason = error;
      if (isReply(error)) this.#lose(restAfterError);
      else if (this.#state === 'up') {
        this.#patientUntil = performance.now() + longestDoubt;
        this.#become('unsure');
        this.#probeAfter(probeEvery);
      } else if (performance.now() < this.#patientUntil) this.#probeAfter(probeEvery);
      else this.#lose(probeEvery);
    } finally {
      this.#probing = false;
    }
  }

  #probeAfter(ms: number): void {
    if (this.#closed) return;
    this.#stopWaiting?.();
    this.#stopWaiting = inBackground(ms, () => void this.#probe());
  }

  #lose(probeAfter: number): void {
    this.#become('down');
    this.#probeAfter(probeAfter);
  }

  #become(state: 'up' | 'unsure' | 'down'): void {
    if (this.#closed || this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  /** The answer was made somewhere between question and answer; the quicker they follow, the surer. */
  #setClock(time: number, asked: number): void {
    const answered = performance.now();
    const roundTrip = answered - asked;
    const age = answered - this.#lookedAt;
    // A clock may drift by a millisecond in some seconds.
    if (roundTrip > this.#roundTrip + age / 5_000) return;
    this.#ahead = time - (asked + answered) / 2;
    this.#roundTrip = roundTrip;
    this.#lookedAt = answered;
  }
}

/** Whether Redis itself has said so. By its name, because each version of ioredis has a class of its own. */
function isReply(error: unknown): boolean {
  return (error as Error).name === 'ReplyError';
}
