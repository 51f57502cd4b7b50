/** A client of ioredis 5 or 6, as far as it is needed: copies of it are used, never itself. */
export interface RedisClient {
  readonly status: string;
  readonly options: object;
  duplicate(override?: object): unknown;
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): unknown;
}

/** A copy of a client, of our own. */
export interface OwnClient extends RedisClient {
  on(event: string, listener: () => void): unknown;
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>;
  get(key: string): Promise<string | null>;
  set(key: string, value: string, unit: 'PX', ms: number): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  zadd(key: string, ...args: (string | number)[]): Promise<unknown>;
  quit(): Promise<unknown>;
  disconnect(): void;
}

/** Longest wait for an answer of Redis, in milliseconds; a frozen one is noticed by it. */
const longestCommand = 500;

/**
 * A client of our own, connected as the user's is, that fails at once where the user's would wait: a request must not
 * hang because of its limiter.
 */
export function ownCopy(client: RedisClient): OwnClient {
  return client.duplicate({
    autoResendUnfulfilledCommands: false,
    autoResubscribe: true,
    commandTimeout: longestCommand,
    enableOfflineQueue: false,
    keyPrefix: '',
    lazyConnect: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 100,
    stringNumbers: false,
  }) as OwnClient;
}

/** What keeps apart those who share a Redis: channels know neither the database nor the prefix of a client. */
export function namespaceOf(client: RedisClient): string {
  const { db = 0, keyPrefix = '' } = client.options as { db?: number; keyPrefix?: string };
  return `${keyPrefix}${db === 0 ? '' : `${db}:`}`;
}
