// Plays the situations of the guide, and draws what became of them: `npm run figures`, or some by their names.
import { mkdirSync, writeFileSync } from 'node:fs';
import findRedis from '../../../tooling/redis.ts';
import { drawing } from './draw.ts';
import { fileOf } from './file.ts';
import { run } from './situation.ts';
import { situations } from './situations.ts';

const names = process.argv.slice(2);
const chosen = situations.filter(({ name }) => names.length === 0 || names.includes(name));
if (chosen.some(({ on }) => on === 'redis')) findRedis();
// Those on the virtual clock first: sockets leave timers of the real one behind.
for (const situation of chosen.toSorted(
  (a, b) => Number(b.on === 'virtual clock') - Number(a.on === 'virtual clock'),
)) {
  const file = fileOf(situation);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, drawing(situation, await run(situation, false), await run(situation, true)));
  console.log(situation.name);
}
