import { readdirSync, readFileSync } from 'node:fs';
import { auth } from '@kyhooks/auth';
import { explain, onSettled } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { log } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import ky, { type Options } from 'ky';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { publishedPackages, readmeOf } from '../published.ts';
import { drawPlaces, inWords } from './places-drawing.ts';
import { figure } from './table.ts';

/** The layer that a package brings, where it brings one. */
const layers: Readonly<Record<string, Options>> = {
  auth: auth({ token: 'a-token' }),
  core: onSettled(() => undefined),
  fetch: {},
  idempotency: idempotency(),
  log: log(),
  otel: otel(),
  'rate-limit': rateLimit(),
  result: {},
  retry: retry(),
  schema: schema({}),
  timeout: timeout(),
};

test('every package has a picture', () => {
  expect(Object.keys(layers)).toEqual(publishedPackages);
  expect(readdirSync(figure('public/places'))).toEqual(publishedPackages.map((name) => `${name}.svg`));
});

describe.each(Object.entries(layers))('the picture of %s', (name, fragment) => {
  const occupied = explain(ky.extend(fragment)).layers.flatMap(({ stages }) => stages);

  test('is drawn from the layer', async () => {
    await expect(drawPlaces(name, occupied)).toMatchFileSnapshot(figure(`public/places/${name}.svg`));
  });

  test('lights the places and stages that the layer occupies, and no others', () => {
    const { document } = parseHTML(readFileSync(figure(`public/places/${name}.svg`), 'utf8'));
    const lit = [...document.querySelectorAll('.stage.lit')].map((stage) => {
      const place = stage.closest('[data-place]')!.getAttribute('data-place')!;
      return [place, stage.getAttribute('data-stage')!];
    });
    const stages = occupied.map((of) => (of.includes(': ') ? of.split(': ') : [of, of]));
    expect(new Set(lit)).toEqual(new Set(stages));
    const litPlaces = [...document.querySelectorAll('[data-place]:has(.place.lit)')];
    expect(new Set(litPlaces.map((place) => place.getAttribute('data-place')))).toEqual(
      new Set(stages.map(([place]) => place)),
    );
  });

  test('stands in the README, with what is lit in words', () => {
    const readme = readmeOf(name);
    const [text, section] = /^## Stage and interactions\n\n(.*)[^]*?(?=^## )/m.exec(readme) ?? [];
    for (const of of occupied) expect(text).toContain(`**${of.split(':')[0]}**`);
    expect(section).toBe(`![Where it acts: ${inWords(occupied)}](../../docs/public/places/${name}.svg)`);
  });
});
