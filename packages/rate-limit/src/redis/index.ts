export { isRateLimitError, RateLimitError, type RateLimitErrorCode } from '../errors.ts';
export type { RateLimitFragment, RateLimits } from '../factory.ts';
export {
  rateLimitDefaults,
  type Asked,
  type FollowOptions,
  type Group,
  type QueueOptions,
  type Rate,
  type RateLimitOptions,
} from '../options.ts';
export type { Schedules } from '../permits/slot.ts';
export type { KeyStats } from '../pool.ts';
export type { RedisClient } from './client.ts';
export { redisDefaults, type RedisRateLimitOptions } from './options.ts';
export { rateLimit } from './rate-limit.ts';
