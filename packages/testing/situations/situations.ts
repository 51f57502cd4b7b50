import { storm } from './429-storm.ts';
import { contractDrift } from './contract-drift.ts';
import { deadline } from './deadline.ts';
import { deploy } from './deploy.ts';
import { doubleClick } from './double-click.ts';
import { expiredToken } from './expired-token.ts';
import { givesUp } from './gives-up.ts';
import { hangingBody } from './hanging-body.ts';
import { latencySpike } from './latency-spike.ts';
import { lostAnswer } from './lost-answer.ts';
import { redisDown } from './redis-down.ts';
import type { Situation } from './situation.ts';
import { truncatedBody } from './truncated-body.ts';

/** As the page has them. */
export const situations: readonly Situation[] = [
  storm,
  latencySpike,
  deploy,
  lostAnswer,
  doubleClick,
  expiredToken,
  hangingBody,
  truncatedBody,
  contractDrift,
  givesUp,
  deadline,
  redisDown,
];
