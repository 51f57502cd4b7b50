import { scriptedWire, virtualClock } from '@kyhooks/testing';
import ky, { type InitHook, type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { type CallRecord, explain, gate, layer, onSettled, traceOf, version } from '../src/index.ts';

const url = 'https://api.test/a';

// What copies of other versions go by must stay as it is.
describe('another copy of the package', () => {
  const sent: string[] = [];
  const tag = layer({
    name: 'tag',
    places: [gate({ stage: 'prepare', run: ({ request }) => request.headers.append('x-tag', 'set') })],
  });

  test('knows by its mark that fragments install themselves', () => {
    expect(tag().hooks?.init?.map((hook) => Symbol.for('kyhooks.install') in hook)).toEqual([true]);
    const foreign: InitHook = Object.assign(() => undefined, { [Symbol.for('kyhooks.install')]: true });
    expect(explain(ky.create({ ...tag(), hooks: { init: [foreign] } })).warnings).toEqual([]);
    const unmarked: InitHook = () => undefined;
    expect(explain(ky.create({ ...tag(), hooks: { init: [unmarked] } })).warnings.join()).toContain(
      'no layer runs',
    );
    const { hooks: _, ...bare } = tag();
    expect(explain(ky.create(bare)).warnings.join()).toContain('no layer runs');
  });

  test('that hooks the layers in does it alone', async () => {
    using clock = virtualClock();
    const { fetch, exchanges } = scriptedWire(clock, { replies: [{}] });
    const finalise: InitHook = Object.assign(() => void sent.push('the other copy'), {
      [Symbol.for('kyhooks.finalise')]: true,
    });
    const install: InitHook = ({ hooks }) => void hooks!.init!.push(finalise);
    await clock.finish(
      ky
        .create({ fetch, hooks: { init: [install] } })
        .extend(tag())
        .get(url),
    );
    expect(sent).toEqual(['the other copy']);
    expect(exchanges[0]?.request.headers.get('x-tag')).toBeNull();
  });

  test('finds the record of a call, and teaches it to print itself', async () => {
    using clock = virtualClock();
    const { fetch } = scriptedWire(clock, { replies: [{}] });
    const response = await clock.finish(ky.create({ fetch }).extend(tag()).get(url));
    const record = traceOf(response);
    expect((response as unknown as Record<symbol, unknown>)[Symbol.for('kyhooks.call')]).toBe(record);

    const known = { method: 'GET', url, attempts: [], decisions: [], phase: 'queued' };
    const foreign = Object.assign(Object.create({}) as CallRecord, known);
    const other = { [Symbol.for('kyhooks.call')]: foreign };
    expect(traceOf(other)).toBe(foreign);
    expect(String(foreign)).toBe(`GET ${url}  queued, 0 attempts, 0 ms`);
  });

  const [major, minor] = version.split('.').map(Number) as [number, number];
  // Before 1.0 a minor version may break the contract, a patch may not.
  test.each<[string, boolean]>([
    [version, true],
    [`${major}.${minor}.99`, true],
    [`${major}.${minor + 1}.0`, major > 0],
    [`${major + 1}.${minor}.0`, false],
  ])('of version %s fits this one: %s', async (other, fits) => {
    const [entry] = Object.values(tag())[0] as unknown as [object];
    const foreign = Object.create(entry, { version: { value: other } }) as object;
    using clock = virtualClock();
    const { fetch } = scriptedWire(clock, { replies: [{}] });
    const api = ky.create({ fetch }).extend({ ...tag(), 'kyhooks:tag': [foreign] } as Options);
    const refusal = `The layer tag comes with @kyhooks/core ${other}, which does not fit the ${version} in use`;
    // In a function of its own: it is refused at once.
    const end = await clock.finish((async () => (await api.get(url)).status)().catch(String));
    expect(end).toBe(fits ? 200 : `TypeError: ${refusal}`);
  });
});

test('onSettled goes by its name', async () => {
  expect(explain(ky.create(onSettled(() => undefined))).layers).toMatchObject([
    { name: 'onSettled', stages: ['settled'] },
  ]);
  using clock = virtualClock();
  const { fetch } = scriptedWire(clock, { replies: [{}] });
  const api = ky.create({ fetch }).extend(
    onSettled(() => {
      throw new RangeError('a listener');
    }),
  );
  const response = await clock.finish(api.get(url));
  await response.text();
  expect(traceOf(response)?.decisions).toEqual([
    { attempt: 1, layer: 'onSettled', verdict: 'threw', reason: 'its listener threw RangeError' },
  ]);
});
