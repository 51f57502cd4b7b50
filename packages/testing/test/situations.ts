import { readFileSync } from 'node:fs';
import { drawing } from '../situations/draw.ts';
import { fileOf } from '../situations/file.ts';
import { run, type Situation } from '../situations/situation.ts';

/** What a drawing says in numbers, but for the times. */
type Numbers = Readonly<Record<string, number>>;

/** Plays a situation in real time. What hangs on the moment is left out of the numbers. */
export async function playedAndDrawn(
  situation: Situation,
): Promise<{ readonly played: readonly Numbers[]; readonly drawn: readonly Numbers[] }> {
  const played = drawing(situation, await run(situation, false), await run(situation, true));
  const drawn = readFileSync(fileOf(situation), 'utf8');
  const steady = (of: string): Numbers[] => {
    const [plain, toolkit] = numbersIn(of);
    if (!plain || !toolkit || plain['requests'] === undefined) throw new Error('The drawing has no numbers');
    if (!situation.byChance) return [plain, toolkit];
    const { requests: _, ...sure } = toolkit;
    return [{ someFailed: Number(plain['failed']! > 0) }, sure];
  };
  return { played: steady(played), drawn: steady(drawn) };
}

/** Of plain ky, and of the toolkit. */
function numbersIn(drawn: string): Numbers[] {
  const panels = drawn.split('<section').slice(1);
  return panels.map((panel) =>
    Object.fromEntries(
      [...panel.matchAll(/<dt>(.+)<\/dt>\s*<dd>(\d+)<\/dd>/g)].map(([, name, value]) => [
        name!,
        Number(value),
      ]),
    ),
  );
}
