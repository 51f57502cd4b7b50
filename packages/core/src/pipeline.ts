import type { Options as KyOptions } from 'ky';
import type { AnyLayer } from './definition.ts';
import { type Entry, fold } from './entry.ts';
import { placeKinds, type Step } from './place.ts';
import type { Run } from './run.ts';
import { version } from './version.ts';

const keyPrefix = 'kyhooks:';

/** A layer with the options in force. */
export interface Installed {
  readonly layer: AnyLayer;
  readonly options: never;
}

/** The layers of a call, and what hooks the places they occupy into it. */
export interface Pipeline {
  readonly layers: readonly Installed[];
  readonly configures: readonly Installed[];
  readonly places: readonly ((run: Run) => void)[];
}

interface Node {
  readonly next: WeakMap<Entry, Node>;
  pipeline?: Pipeline;
}

const root: Node = { next: new WeakMap() };

/** The pipeline of these options, sorted once for each combination of entries. */
export function pipelineOf(options: KyOptions): Pipeline {
  let node = root;
  const entries: Entry[] = [];
  for (const key in options) {
    if (!isLayerKey(key)) continue;
    const entry = fold((options[key as keyof KyOptions] ?? []) as Entry[]);
    if (!entry) continue;
    entries.push(entry);
    let next = node.next.get(entry);
    if (!next) node.next.set(entry, (next = { next: new WeakMap() }));
    node = next;
  }
  return (node.pipeline ??= sort(entries));
}

/** Whether an option of this name carries a layer. */
export function isLayerKey(key: string): boolean {
  return key.startsWith(keyPrefix);
}

/** The name under which a layer's entries travel in ky's options. */
export function layerKey(name: string): string {
  return keyPrefix + name;
}

function sort(entries: readonly Entry[]): Pipeline {
  for (const { layer, version: other } of entries) {
    if (contract(other) !== contract(version)) {
      throw new TypeError(
        `The layer ${layer.name} comes with @kyhooks/core ${other}, which does not fit the ${version} in use`,
      );
    }
  }
  // By name, so that no order of chaining shows; the stages then decide.
  const layers = entries
    .map(({ layer, options }): Installed => ({ layer, options: options as never }))
    .sort((a, b) => (a.layer.name < b.layer.name ? -1 : 1));
  const steps = layers.flatMap(({ layer, options }) =>
    (layer.places ?? []).map((place): Step => ({ layer: layer.name, place, options })),
  );
  const places = placeKinds.flatMap((kind) => {
    const occupied = steps
      .filter(({ place }) => place.kind === kind)
      .sort((a, b) => a.place.order - b.place.order);
    return occupied[0]?.place.engine(occupied) ?? [];
  });
  return { layers, configures: layers.filter(({ layer }) => layer.configure), places };
}

/** What must agree between two copies: the major version, before 1.0 the minor as well (semver). */
function contract(of: string): string {
  return /^0\.\d+|^\d+/.exec(of)![0];
}
