import { allows, origins as originsRule, type Origins } from '@kyhooks/core/origins';
import { callback, type Check, either, integer, oneOf, type Rule, rules } from '@kyhooks/core';
import type {
  Input,
  KyInstance,
  Options as KyOptions,
  StandardSchemaV1,
  StandardSchemaV1InferOutput,
} from 'ky';
import { link, type NextPage } from './pages.ts';

/** Options of `paginate()`. */
export interface PaginateOptions<Data, Item, Schema extends StandardSchemaV1 = StandardSchemaV1> {
  /** What each page must be. */
  readonly schema?: Schema;
  /** Finds the items of a page; by default the page is an array of them. */
  readonly items?: (data: Data) => readonly Item[];
  /**
   * Finds the page behind a page: `link()`, `cursor()`, `pageNumber()`, or a function.
   *
   * @default link()
   */
  readonly next?: NextPage<Data>;
  /**
   * Most pages. A whole number from 1 up, or `Infinity`.
   *
   * @default Infinity
   */
  readonly maxPages?: number;
  /**
   * Where a page may lie that the server names; a link to any other origin ends with an error, because the request
   * carries the instance's headers.
   *
   * @default the origin of the first page
   */
  readonly origins?: Origins;
  /** ky options of every request. Its `searchParams` are not added to URLs that the server names. */
  readonly request?: KyOptions;
}

const standardSchema: Rule = {
  text: 'a Standard Schema',
  test: (value) => value !== null && /object|function/.test(typeof value) && '~standard' in (value as object),
};
const kyOptions: Rule = {
  text: 'an object',
  test: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

const check: Check<object> = /* @__PURE__ */ rules<PaginateOptions<never, never>>({
  schema: standardSchema,
  items: callback,
  next: callback,
  maxPages: either(integer(1), oneOf(Infinity)),
  origins: originsRule,
  request: kyOptions,
});

type ItemOf<Data> = Data extends readonly (infer Item)[] ? Item : unknown;

/**
 * Reads a list page by page and gives its items one by one. A page is requested when its first item is asked for, and
 * not before: who leaves the loop has requested nothing in vain.
 *
 * What ky throws for a page comes out of the loop.
 *
 * @throws OptionsError naming every option that is not valid
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { cursor, paginate } from '@kyhooks/result';
 *
 * interface Users {
 *   readonly users: readonly { readonly name: string }[];
 *   readonly next: string | null;
 * }
 * const users = paginate(ky, 'https://api.example.com/v1/users', {
 *   items: ({ users }: Users) => users,
 *   next: cursor(({ next }: Users) => next),
 * });
 * for await (const { name } of users) console.log(name);
 * ```
 */
export function paginate<Schema extends StandardSchemaV1, Item = ItemOf<StandardSchemaV1InferOutput<Schema>>>(
  api: KyInstance,
  input: Input,
  options: PaginateOptions<StandardSchemaV1InferOutput<Schema>, Item, Schema> & { readonly schema: Schema },
): AsyncGenerator<Item, void, undefined>;
export function paginate<Data = unknown, Item = ItemOf<Data>>(
  api: KyInstance,
  input: Input,
  options?: PaginateOptions<Data, Item>,
): AsyncGenerator<Item, void, undefined>;
export function paginate(
  api: KyInstance,
  input: Input,
  options: PaginateOptions<unknown, unknown> = {},
): AsyncGenerator<unknown, void, undefined> {
  check('paginate', options);
  return pages(api.extend(options.request ?? {}), input, options);
}

async function* pages(
  api: KyInstance,
  input: Input,
  { schema, items = asArray, next = link(), maxPages = Infinity, origins }: PaginateOptions<unknown, unknown>,
): AsyncGenerator<unknown, void, undefined> {
  let call = api.get(input);
  let base = 'about:blank';
  let last = '';
  for (let number = 1; ; number++) {
    const [data, response] = await Promise.all([schema ? call.json(schema) : call.json(), call]);
    const list = items(data);
    yield* list;
    const target = number < maxPages ? next({ number, data, length: list.length, response }) : undefined;
    if (!target) return;
    if (number === 1) base = response.url || base;
    const parameters = new URLSearchParams(target instanceof URL ? target.search : (target as never));
    const name = target instanceof URL ? target.href : String(parameters);
    if (name === last || name === response.url)
      throw new Error(`Page ${number} names itself as the next one`);
    if (target instanceof URL && !allows(origins, target.href, base))
      throw new Error(
        `Page ${number} names a next one at ${target.origin}, which \`origins\` does not allow`,
      );
    last = name;
    // A URL that the server names has its parameters already. Others take the place of those of the same name.
    call =
      target instanceof URL
        ? api.get(target, { searchParams: undefined })
        : api
            .extend({ searchParams: gone(parameters) })
            .get(without(input, parameters), { searchParams: target });
  }
}

/** Takes these parameters out of those of the instance: ky would add to them. */
function gone(parameters: URLSearchParams): Record<string, undefined> {
  return Object.fromEntries([...parameters.keys()].map((name) => [name, undefined]));
}

/** What is requested, without these parameters. */
function without(input: Input, parameters: URLSearchParams): Input {
  const [, path, query] =
    /^([^?#]*)\?([^#]*)/.exec(input instanceof Request ? input.url : String(input)) ?? [];
  if (query === undefined) return input;
  const others = new URLSearchParams(query);
  for (const name of parameters.keys()) others.delete(name);
  const url = `${path}?${others}`;
  if (input instanceof Request) return new Request(url, input);
  return input instanceof URL ? new URL(url) : url;
}

function asArray(data: unknown): readonly unknown[] {
  if (Array.isArray(data)) return data;
  throw new TypeError('The page is no array: give `items` to find its items');
}
