import { Redis } from 'ioredis';
import ky from 'ky';
import { isRateLimitError, rateLimit } from '@kyhooks/rate-limit/redis';

const redis = new Redis(process.env['REDIS_URL'] ?? 'redis://localhost:6379');
redis.on('error', () => {}); // what an outage means for calls is said by whenUnavailable

const limits = rateLimit({
  connection: redis,
  rate: { limit: 10, interval: 1_000 }, // for all workers together
  maxConcurrent: 5,
  queue: { limit: 100, timeout: 30_000 },
});
const api = ky.create({ baseUrl: process.env['API_URL'] ?? 'https://api.example.com/' }).extend(limits);

const started = performance.now();
const seconds = (): string => ((performance.now() - started) / 1_000).toFixed(1);
const jobs = Array.from({ length: 10 }, async (_, job) => {
  try {
    await api.get(`jobs/${job}`).text();
    console.log(`worker ${process.pid}: job ${job} done after ${seconds()} s`);
  } catch (error) {
    if (!isRateLimitError(error)) throw error;
    console.log(`worker ${process.pid}: job ${job} was not sent: ${error.code}`);
  }
});
await Promise.all(jobs);

await limits.close(); // ends the limiter's own connections
await redis.quit(); // yours is yours
