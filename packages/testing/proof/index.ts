import { proveFanOut } from './fan-out.ts';
import { proveOtherNodes } from './other-nodes.ts';
import { proveRedis } from './redis.ts';

/** What takes too long for the tests. Each proof prints what it measured, and throws where a claim does not hold. */
await proveFanOut('completion');
await proveFanOut('input');
proveOtherNodes();
await proveRedis();
