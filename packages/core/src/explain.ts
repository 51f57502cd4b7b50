import type { KyInstance, Options as KyOptions } from 'ky';
import { isInstalled } from './install.ts';
import { show } from './check.ts';
import { type Paint, printAs } from './printed.ts';
import { isLayerKey, pipelineOf, type Installed } from './pipeline.ts';

/** What an instance does to a call, in words. */
export interface Explanation {
  /** The layers in force, by name, with the stages they occupy and their options. */
  readonly layers: readonly {
    readonly name: string;
    readonly stages: readonly string[];
    readonly options: Readonly<Record<string, string>>;
  }[];
  readonly warnings: readonly string[];
  /** All of it as text; a console shows the same. */
  toString(): string;
}

/**
 * Explains the effective pipeline of an instance: which layer acts where, with which options, and what looks wrong.
 *
 * @param options as for one call, to see what they change
 */
export function explain(api: KyInstance, options: KyOptions = {}): Explanation {
  let merged: KyOptions = {};
  api.extend(options).extend((parent) => (merged = parent));
  const installed = pipelineOf(merged);
  const layers = installed.layers.map((one) => ({
    name: one.layer.name,
    stages: stagesOf(one),
    options: shownOptions(one, merged),
  }));
  const warnings = installed.layers.flatMap(({ layer, options: own }) => layer.warnings?.(own, merged) ?? []);
  if (Object.keys(merged).some(isLayerKey) && !isInstalled(merged.hooks?.init)) {
    warnings.unshift(
      'no layer runs: the init hook is gone (a `hooks` beside a spread fragment, or replaceOption); use compose()',
    );
  }
  const explanation: Explanation = { layers, warnings };
  printAs(explanation, print);
  return explanation;
}

function stagesOf({ layer: { places = [] } }: Installed): string[] {
  return Array.from(new Set(places.map(({ kind, stage }) => (kind === stage ? kind : `${kind}: ${stage}`))));
}

function shownOptions(
  { layer: { check, inForce }, options }: Installed,
  ky: KyOptions,
): Record<string, string> {
  const shown = Object.entries(inForce?.(options, ky) ?? (options as object))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [name, check?.isSecret(name) ? '<hidden>' : inWords(value)]);
  return Object.fromEntries(shown);
}

/** A group of options is shown whole. */
function inWords(value: unknown): string {
  if (!value || Object.getPrototypeOf(value) !== Object.prototype) return show(value);
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${name}: ${show(one)}`)
    .join(', ')} }`;
}

function print({ layers, warnings }: Explanation, paint: Paint): string {
  const lines = layers.flatMap(({ name, stages, options }) => {
    const column = Math.max(...Object.keys(options).map(({ length }) => length));
    return [
      `${paint(name, 'name')} ${paint(`(${stages.join(', ')})`, 'quiet')}`,
      ...Object.entries(options).map(([option, value]) => `  ${option.padEnd(column)}  ${value}`),
    ];
  });
  return [
    ...(lines.length ? lines : ['no layers']),
    ...warnings.map((warning) => paint(`warning: ${warning}`, 'warm')),
  ].join('\n');
}
