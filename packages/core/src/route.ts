import type { Options as KyOptions } from 'ky';
import { layer } from './layer.ts';
import { templateFault } from './route-template.ts';
import { OptionsError } from './errors.ts';

export { pathBelow } from './route-path.ts';
export { RouteTable, type FoundRoute } from './route-table.ts';
export { fillTemplate, templateFault } from './route-template.ts';

const routeLayer = /* @__PURE__ */ layer<{ template: string }>({
  name: 'route',
  configure: (_, { template }, call) => {
    call.route = template;
  },
});

/**
 * Names the route of a call, such as `/v1/users/:id`, where no layer knows it: records, logs and spans then show the
 * template instead of a path that differs with each id. The name given stands, whatever another layer would find.
 *
 * @throws OptionsError when the template is not one, see {@link templateFault}
 *
 * @example
 * ```ts
 * import { route } from '@kyhooks/core/route';
 *
 * await api.get('v1/users/42', route('/v1/users/:id')).json();
 * ```
 */
export function route(template: string): KyOptions {
  const rule = templateFault(template);
  if (rule) throw new OptionsError('route', [{ option: 'template', rule, value: JSON.stringify(template) }]);
  return routeLayer({ template });
}
