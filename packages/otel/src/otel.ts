import { layer, type LayerFactory, settled, wire } from '@kyhooks/core';
import { observe } from './attempt-span.ts';
import { finish } from './call-span.ts';
import { keepContext } from './call-state.ts';
import { check, otelDefaults, type OtelOptions } from './options.ts';

/**
 * Shows each attempt as a span and in metrics, by the stable OpenTelemetry conventions for HTTP clients, and passes the
 * trace on to the server.
 *
 * A span begins when its request is sent and ends with the headers. The parent is the context in which the call was
 * made, also behind a queue and in a retry. Where no SDK is registered it does nothing. `otel(false)` removes it.
 *
 * @throws OptionsError naming every option that is not valid
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { otel } from '@kyhooks/otel';
 *
 * const api = ky.create({ baseUrl: 'https://api.example.com/' }).extend(otel({ headers: ['x-request-id'] }));
 * ```
 */
export const otel: LayerFactory<OtelOptions> = /* @__PURE__ */ layer<OtelOptions>({
  name: 'otel',
  check,
  configure: (_, __, call) => keepContext(call),
  places: [wire({ stage: 'observe', run: observe }), settled(finish, ({ callSpan }) => callSpan === true)],
  inForce: (options) => ({ ...otelDefaults, ...options }),
});
