import { type Call, gate, layer, wire } from '@kyhooks/core';
import type { Options as KyOptions } from 'ky';
import { contractsOf, type Routes } from './contract.ts';
import { Exchange } from './exchange.ts';
import { check, merge, schemaDefaults, type SchemaOptions, type Settings } from './options.ts';

/** The calls whose gate or wire is asked. */
const exchanges = new WeakMap<Call, Exchange>();

const schemaLayer = /* @__PURE__ */ layer<Settings>({
  name: 'schema',
  check,
  merge,
  configure(ky, settings, call) {
    const exchange = new Exchange(ky, settings, call);
    call.findRoute = (request) => exchange.find(request);
    if (settings.maxBytes !== undefined || checksRequest(ky, settings)) exchanges.set(call, exchange);
  },
  places: [
    gate({
      stage: 'prepare',
      when: checksRequest,
      run: (pass) => exchanges.get(pass.call)!.checkRequest(pass),
    }),
    wire({
      stage: 'fault',
      when: ({ maxBytes, mode }) => maxBytes !== undefined && mode !== 'off',
      answered: (response, { call }, { maxBytes }) => exchanges.get(call)!.bound(response, maxBytes!),
    }),
  ],
  inForce: ({ routes, ...given }) => ({
    ...schemaDefaults,
    ...given,
    routes: Object.keys(routes).length,
  }),
  warnings: ({ routes }, { baseUrl, prefix }) =>
    (baseUrl ?? prefix ?? Object.keys(routes).length === 0)
      ? []
      : ['schema: without a baseUrl the routes match on every origin'],
});

/** Whether some route of the method says what is sent; any may, where the method is inside a Request. */
function checksRequest({ method }: KyOptions, { routes, mode }: Settings): boolean {
  const { checksRequest: methods } = contractsOf(routes);
  return mode !== 'off' && methods.size > 0 && (!method || methods.has(method.toUpperCase()));
}

/**
 * Checks what is sent and what comes back against the contracts of a whole client, by method, path, status and media
 * type. Results of `.json()` are what the route's schema makes of them; so is the `data` of an `HTTPError`.
 *
 * @param routes contracts by method and path template, matched below the `baseUrl`; `false` removes the layer
 * @throws OptionsError naming every option and route that is not valid
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import * as v from 'valibot';
 * import { schema } from '@kyhooks/schema';
 *
 * const User = v.object({ id: v.number(), name: v.string() });
 * const api = ky.create({ baseUrl: 'https://api.example.com/' }).extend(schema({ 'GET /v1/users/:id': User }));
 * ```
 */
export function schema(routes: Routes | false, options: SchemaOptions = {}): KyOptions {
  return schemaLayer(routes === false ? false : { ...options, routes });
}
