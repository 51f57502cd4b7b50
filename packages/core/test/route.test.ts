import fc from 'fast-check';
import ky, { type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { layer, settled } from '../src/index.ts';
import { fillTemplate, pathBelow, route, RouteTable, templateFault } from '../src/route.ts';

const tableOf = (...templates: string[]): RouteTable<number> => {
  const table = new RouteTable<number>();
  templates.forEach((template, index) => table.add(template, index));
  return table;
};

describe('a template', () => {
  test.each([
    '/',
    '/users',
    '/users/',
    '/v1/users/:id',
    '/:a/:b_2',
    '/files/*',
    '/*',
    '/a-b/~c.json/ü',
    '//',
  ])('%s is one', (template) => expect(templateFault(template)).toBeUndefined());

  test.each([
    ['users', /leading slash/],
    ['', /leading slash/],
    [undefined, /leading slash/],
    ['https://api.test/users', /leading slash/],
    ['/users/:id/:id', /alike/],
    ['/files/*/more', /segments/],
    ['/users/:', /segments/],
    ['/users/:1', /segments/],
    ['/users/:id.json', /segments/],
    ['/users/{id}', /segments/],
    ['/users/(\\d+)', /segments/],
    ['/users?page=1', /segments/],
    ['/users#top', /segments/],
    ['/users/../admin', /segments/],
    ['/users/%2e', /segments/],
  ])('%j is none', (template, fault) => expect(templateFault(template)).toMatch(fault));
});

describe('the table', () => {
  test.each([
    ['/users/me', '/users/me'],
    ['/users/42', '/users/:id'],
    ['/users/42/posts', '/users/:id/posts'],
    ['/users/me/posts', '/users/me/*'],
    ['/users/you/likes', '/*'],
    ['/users/', '/*'],
    ['/users', '/*'],
    ['/users/42/', '/*'],
    ['/', '/*'],
    ['/a/__proto__', '/a/__proto__'],
    ['/%C3%BC', '/ü'],
  ])('%s fits %s', (path, template) => {
    const templates = [
      '/users/me',
      '/users/:id',
      '/users/:id/posts',
      '/users/me/*',
      '/a/__proto__',
      '/ü',
      '/*',
    ];
    expect(tableOf(...templates).find(path)?.template).toBe(template);
    expect(tableOf(...templates.reverse()).find(path)?.template).toBe(template);
  });

  test('nothing fits', () => {
    expect(tableOf('/users/:id').find('/teams/1')).toBeUndefined();
    expect(tableOf('/users/*').find('/users')).toBeUndefined();
    expect(tableOf().find('/')).toBeUndefined();
  });

  test('tells of a template that matches the same paths; the first stands', () => {
    const table = new RouteTable<number>();
    expect(table.add('/users/:id', 1)).toBeUndefined();
    expect(table.add('/users/:name', 2)).toBe('/users/:id');
    expect(table.add('/%C3%BC', 3)).toBeUndefined();
    expect(table.add('/ü', 4)).toBe('/%C3%BC');
    expect(table.find('/users/1')?.value).toBe(1);
  });

  const segment = fc.constantFrom('a', 'b', 'ü', 'a b ', '');
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
  const template = fc
    .tuple(fc.array(fc.oneof(segment, fc.constant(':')), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([segments, open]) => {
      const named = segments.map((text, index) => (text === ':' ? `:p${index}` : text));
      return `/${[...named, ...(open ? ['*'] : [])].join('/')}`;
    });

  test("matches what the platform's URLPattern matches", () => {
    fc.assert(
      fc.property(template, path, (one, asked) => {
        const { pathname } = new URL(`http://a${asked}x`);
        const inUrl = pathname.slice(0, -1);
        const pattern = new URLPattern({ pathname: one });
        expect(tableOf(one).find(inUrl) !== undefined).toBe(pattern.test({ pathname: inUrl }));
      }),
      { numRuns: 2_000 },
    );
  });

  test('of many the best fit is found, in any order of adding', () => {
    fc.assert(
      fc.property(fc.uniqueArray(template, { maxLength: 8 }), path, (templates, asked) => {
        const inUrl = new URL(`http://a${asked}x`).pathname.slice(0, -1);
        const alone = templates.filter((one) => tableOf(one).find(inUrl));
        const found = tableOf(...templates).find(inUrl)?.template;
        const reversed = tableOf(...templates.toReversed()).find(inUrl)?.template;
        expect(found === undefined).toBe(alone.length === 0);
        const shape = (one = ''): string => one.replaceAll(/:p\d/g, ':');
        expect(shape(reversed)).toBe(shape(found));
        // No other that fits has text where the found one has none, before they part.
        const rank = (one: string): string =>
          one
            .split('/')
            .slice(1)
            .map((part) => (part === '*' ? 2 : part.startsWith(':') ? 1 : 0))
            .join('');
        expect(alone.map(rank).sort()[0]).toBe(found === undefined ? undefined : rank(found));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the path below the base', () => {
  test.each<[string, Pick<Options, 'baseUrl' | 'prefix'>, string | undefined]>([
    ['https://api.test/v1/users?page=2', { baseUrl: 'https://api.test/' }, '/v1/users'],
    ['https://api.test/v1/users', { baseUrl: 'https://api.test' }, '/v1/users'],
    ['https://api.test/v1/users#top', { baseUrl: 'https://api.test/v1/' }, '/users'],
    ['https://api.test/v1/users', { baseUrl: 'https://api.test/v1' }, '/v1/users'],
    ['https://api.test/v1/users', { baseUrl: new URL('https://api.test/v1/') }, '/users'],
    ['https://api.test/v2/users', { baseUrl: 'https://api.test/v1/' }, undefined],
    ['https://api.test.evil/v1/users', { baseUrl: 'https://api.test/' }, undefined],
    ['http://api.test/v1/users', { baseUrl: 'https://api.test/' }, undefined],
    ['https://api.test:8443/v1/users', { baseUrl: 'https://api.test/' }, undefined],
    ['https://api.test/v1/users', { baseUrl: 'HTTPS://API.test:443/' }, '/v1/users'],
    ['https://api.test/v1/users', { prefix: 'https://api.test/v1' }, '/users'],
    ['https://api.test/v1/users', { prefix: 'https://api.test/v1//' }, '/users'],
    ['https://api.test/v1/users', { prefix: 'v1', baseUrl: 'https://api.test/' }, '/users'],
    ['https://api.test/v1x/users', { prefix: 'https://api.test/v1' }, undefined],
    ['https://api.test/v1/users?next=/a', {}, '/v1/users'],
    ['https://api.test/', {}, '/'],
    ['data:text/plain,hi', {}, undefined],
  ])('of %s with %j is %s', (url, options, path) => {
    expect(pathBelow(url, options)).toBe(path);
    expect(pathBelow(url, options)).toBe(path);
  });
});

describe('a template filled', () => {
  test.each([
    ['/users/:id', { id: 42 }, '/users/42'],
    ['/users/:id/posts/:post', { id: 'a b', post: 'c/d?e#f' }, '/users/a%20b/posts/c%2Fd%3Fe%23f'],
    ['/files/*', { '*': 'a b/c//' }, '/files/a%20b/c//'],
    ['/users', {}, '/users'],
    ['/users/:id', { id: '...' }, '/users/...'],
  ])('%s', (template, params, path) => expect(fillTemplate(template, params as never)).toBe(path));

  test('its text is written as in a URL, which would drop a space at the end', () => {
    expect(fillTemplate('/a b/ü/:id/ ', { id: 1 })).toBe('/a%20b/%C3%BC/1/%20');
  });

  test.each([
    ['/users/:id', {}],
    ['/users/:id', { id: undefined }],
    ['/users/:id', { id: null }],
    ['/users/:id', { id: '' }],
    ['/users/:id', { id: '..' }],
    ['/users/:id', { id: '%2E.' }],
    ['/files/*', { '*': 'a/../b' }],
    ['/users/:toString', {}],
  ])('%s is refused with %j', (template, params) => {
    expect(() => fillTemplate(template, params as never)).toThrow(TypeError);
  });

  test('what is filled in is found again, and nothing leaves the template', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (id) => {
        fc.pre(!/^(\.|%2e){1,2}$/i.test(id));
        const { pathname } = new URL(fillTemplate('/users/:id/posts', { id }), 'http://a');
        expect(tableOf('/users/:id/posts').find(pathname)).toMatchObject({ template: '/users/:id/posts' });
        expect(decodeURIComponent(pathname.split('/')[2]!)).toBe(id);
      }),
    );
  });
});

describe('route()', () => {
  const answer: Options = { fetch: async () => new Response('{}'), baseUrl: 'https://api.test/' };
  const seen: (string | undefined)[] = [];
  const watch = layer({
    name: 'watch',
    places: [settled(({ route: template }) => void seen.push(template))],
  });
  const finder = layer({
    name: 'finder',
    configure: (_, __, call) => {
      call.findRoute = ({ method, url }) => `found ${method} ${url}`;
    },
  });

  test('names the route on the record; a name given stands', async () => {
    seen.length = 0;
    const api = ky.create(answer).extend(watch());
    await api.get('users/42', route('/users/:id')).json();
    await api.get('users/42').json();
    await api.extend(finder()).get('users/42').json();
    await api.extend(route('/users/:id')).extend(finder()).get('users/42').json();
    expect(seen).toEqual(['/users/:id', undefined, 'found GET https://api.test/users/42', '/users/:id']);
  });

  test('refuses what is no template', () => {
    expect(() => route('users/:id')).toThrow(
      /template must be a path with a leading slash, got "users\/:id"/,
    );
  });
});
