import type { Options as KyOptions } from 'ky';
import type { AnyLayer, LayerDefinition } from './definition.ts';
import { Entry } from './entry.ts';
import { install } from './install.ts';
import { layerKey } from './pipeline.ts';

/** Makes a fragment of ky options; `false` removes what was installed before. */
export type LayerFactory<Options extends object> =
  Record<never, never> extends Options
    ? (options?: Options | false) => KyOptions
    : (options: Options | false) => KyOptions;

/**
 * Makes a layer: a function that turns options into a plain ky `Options` fragment, good for `ky.extend()`,
 * `ky.create()`, one call, and spreading.
 *
 * The same layer given again refines the earlier options; `false` removes it.
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { gate, layer } from '@kyhooks/core';
 *
 * const requestId = layer({
 *   name: 'requestId',
 *   places: [
 *     gate({
 *       stage: 'prepare',
 *       run: ({ call, request }) => request.headers.set('x-request-id', call.id),
 *     }),
 *   ],
 * });
 *
 * const api = ky.extend(requestId());
 * ```
 */
export function layer<Options extends object = Record<never, never>>(
  definition: LayerDefinition<Options>,
): LayerFactory<Options> {
  const { name, check } = definition;
  const factory = (options: Options | false = {} as Options): KyOptions => {
    if (options !== false) check?.(name, options);
    const entry = new Entry(definition as unknown as AnyLayer, options && { ...options });
    return { [layerKey(name)]: [entry], hooks: { init: [install] } };
  };
  return Object.defineProperty(factory, 'name', { value: name }) as LayerFactory<Options>;
}
