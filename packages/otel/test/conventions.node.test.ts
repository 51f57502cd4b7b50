import { readFileSync } from 'node:fs';
import { gate, layer } from '@kyhooks/core';
import { networkError, type Reply, outcome } from '@kyhooks/testing';
import type { Attributes } from '@opentelemetry/api';
import type { Options } from 'ky';
import { describe, expect, test } from 'vitest';
import conventions from './conventions.json' with { type: 'json' };
import { type Point, stage } from './sdk.ts';

/**
 * Everything that is emitted is held against the conventions' own list, taken from their model (see `source` and
 * `version` in the file), and against the tables of the README where the name is ours.
 */
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

interface Known {
  readonly type: string;
  readonly level?: string;
}
type Registry = Readonly<Record<string, Known>>;

/** Attributes of our own namespace, as the README's tables name them. */
const own: Registry = Object.fromEntries(
  [...readme.matchAll(/^\| `(kyhooks\.[\w.]+)` \| (\w+) \|/gm)].map(([, name, type]) => [
    name!,
    { type: type! },
  ]),
);
/** Metrics of our own, as the README's table names them. */
const ownMetrics = new Map(
  [...readme.matchAll(/^\| `(kyhooks\.client\.[\w.]+)` \| .* \| `(.+?)` \|/gm)].map(([, name, unit]) => [
    name!,
    unit!,
  ]),
);

const spanAttributes: Registry = conventions.span.attributes;
const metrics: Readonly<
  Record<
    string,
    { readonly unit: string; readonly attributes: Registry; readonly boundaries?: readonly number[] }
  >
> = conventions.metrics;

const isOfType: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  int: (value) => Number.isInteger(value),
  double: (value) => typeof value === 'number',
  'template[string[]]': (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
};

/** What is wrong with these attributes. */
function faultsOf(attributes: Attributes, registry: Registry): string[] {
  const unknown = Object.entries(attributes).flatMap(([name, value]) => {
    const known = registry[name] ?? registry[name.replace(/^(http\.\w+\.header)\..+$/, '$1')] ?? own[name];
    if (!known) return [`${name} is not in the list`];
    return isOfType[known.type]?.(value) ? [] : [`${name} is no ${known.type}: ${JSON.stringify(value)}`];
  });
  const missing = Object.entries(registry)
    .filter(([name, { level }]) => level === 'required' && !(name in attributes))
    .map(([name]) => `${name} is required`);
  return [...unknown, ...missing];
}

function faultsOfPoint({ name, unit, attributes, boundaries }: Point): string[] {
  const standard = metrics[name];
  const expectedUnit = standard?.unit ?? ownMetrics.get(name);
  if (expectedUnit === undefined) return [`${name} is no metric of the list`];
  return [
    ...faultsOf(attributes, standard?.attributes ?? identity(name)),
    ...(unit === expectedUnit ? [] : [`${name} is in ${unit}`]),
    ...(!standard?.boundaries || String(boundaries) === String(standard.boundaries)
      ? []
      : [`${name}: ${String(boundaries)}`]),
  ].map((fault) => `${name}: ${fault}`);
}

/** Metrics of our own carry what identifies the request, and words of our own. */
function identity(name: string): Registry {
  return name.startsWith('kyhooks.') ? metrics['http.client.active_requests']!.attributes : {};
}

const route = layer({
  name: 'route',
  places: [
    gate({
      stage: 'prepare',
      run: ({ call, attempt }) => {
        call.route = '/users/{id}';
        attempt.queuedMs = 40;
        call.decide('limiter', 'paused', 'the server asked for it', 40);
      },
    }),
  ],
});

const calls: Readonly<Record<string, { readonly replies: readonly Reply[]; readonly options?: Options }>> = {
  'a success': { replies: [{ json: {} }] },
  'a retry, with a route and a queue': {
    replies: [{ status: 503 }, { json: {} }],
    options: { retry: 1, ...route() },
  },
  'an error': { replies: [{ status: 404 }] },
  'a network error': { replies: [{ error: networkError('ECONNRESET') }] },
  'a timeout': { replies: [{ hang: true }], options: { timeout: 10 } },
  'an unknown method': { replies: [{ json: {} }], options: { method: 'PURGE' } },
};

describe(`by the conventions, ${conventions.version}`, () => {
  for (const [title, { replies, options }] of Object.entries(calls)) {
    test(title, async () => {
      using at = stage({ callSpan: true, headers: ['x-id', 'content-type'] }, replies, {
        headers: { 'x-id': 'a' },
      });
      await at.clock.finish(outcome(at.api('https://api.test/users/1?sig=a', options).text()));
      const points = await at.points();
      expect(at.spans.length).toBeGreaterThan(1);
      expect(points.length).toBeGreaterThan(1);
      for (const { name, attributes, events } of at.spans) {
        const whole = name.startsWith('call ');
        // The span of a call is none of the conventions': it requires nothing.
        expect(faultsOf(attributes, whole ? optional(spanAttributes) : spanAttributes)).toEqual([]);
        for (const event of events) {
          expect(readme).toContain(`\`${event.name}\``);
          expect(faultsOf(event.attributes ?? {}, {})).toEqual([]);
        }
      }
      expect(points.flatMap(faultsOfPoint)).toEqual([]);
    });
  }

  test('the checker finds what is wrong', () => {
    const wrong = {
      'http.request.method': 1,
      'http.method': 'GET',
      'server.address': 'a',
      'kyhooks.other': 1,
    };
    expect(faultsOf(wrong, spanAttributes).sort()).toEqual([
      'http.method is not in the list',
      'http.request.method is no string: 1',
      'kyhooks.other is not in the list',
      'server.port is required',
      'url.full is required',
    ]);
    const point = {
      name: 'http.client.request.duration',
      unit: 'ms',
      attributes: {},
      value: 1,
      boundaries: [1],
    };
    expect(faultsOfPoint(point)).toHaveLength(5);
    expect(faultsOfPoint({ ...point, name: 'http.client.duration' })).toHaveLength(1);
  });

  test('the README names all that is ours', () => {
    expect(Object.keys(own).length).toBeGreaterThan(8);
    expect([...ownMetrics.keys()]).toEqual(['kyhooks.client.wait.duration', 'kyhooks.client.decisions']);
  });
});

function optional(registry: Registry): Registry {
  return Object.fromEntries(Object.entries(registry).map(([name, { type }]) => [name, { type }]));
}
