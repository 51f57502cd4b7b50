import { type ScriptedWire, scriptedWire, type VirtualClock, virtualClock } from '@kyhooks/testing';
import ky, { type Input, type KyInstance, type Options } from 'ky';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cursor, fanOut, link, pageNumber, paginate } from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
});
afterEach(() => clock.uninstall());

const api = (options: Options = {}): KyInstance =>
  ky.create({ baseUrl: 'https://api.test/', fetch: wire.fetch, retry: 0, ...options });

/** Reads in the background; what has come so far is in `items`. */
function read(pages: AsyncIterable<unknown>): { items: unknown[]; over: Promise<unknown> } {
  const items: unknown[] = [];
  const over = (async () => {
    for await (const item of pages) items.push(item);
    return 'over';
  })().catch((error: unknown) => error);
  return { items, over };
}

describe('by the Link header', () => {
  const next = (target: string): { headers: Record<string, string> } => ({
    headers: { link: `<${target}>; rel="next"` },
  });

  test('from page to page, whatever the URLs look like', async () => {
    const { items, over } = read(paginate(api(), 'users', { request: { searchParams: { size: 2 } } }));
    await (
      await wire.expect('GET /users?size=2')
    ).respond(200, { json: [1, 2], ...next('/users?size=2&after=2') });
    // The parameters of the first request are in the link already.
    await (await wire.expect('GET /users?size=2&after=2')).respond(200, { json: [3], ...next('?last') });
    await (await wire.expect('GET /users?last')).respond(200, { json: [] });
    expect(await over).toBe('over');
    expect(items).toEqual([1, 2, 3]);
  });

  test('to no other origin, to which the headers of the instance would go', async () => {
    const { items, over } = read(paginate(api(), 'users'));
    await (await wire.expect('GET /users')).respond(200, { json: [1], ...next('https://evil.test/users') });
    expect(await over).toMatchObject({
      message: 'Page 1 names a next one at https://evil.test, which `origins` does not allow',
    });
    expect(items).toEqual([1]);
    expect(wire.exchanges).toHaveLength(1);
  });

  test('unless it is allowed', async () => {
    const { over } = read(paginate(api(), 'users', { origins: ['https://cdn.test'] }));
    await (await wire.expect('GET /users')).respond(200, { json: [1], ...next('https://cdn.test/users') });
    await (await wire.expect('GET /users')).respond(200, { json: [] });
    expect(await over).toBe('over');
  });

  test('nor from a page that was redirected to another origin', async () => {
    const at = (url: string, json: unknown, target: string): Response =>
      Object.defineProperty(Response.json(json, next(target)), 'url', { value: url });
    const answers = [at('https://api.test/a', [1], '/b'), at('https://evil.test/b', [2], '/c')];
    const { items, over } = read(paginate(api({ fetch: async () => answers.shift()! }), 'a'));
    expect(await over).toMatchObject({ message: expect.stringContaining('https://evil.test') });
    expect(items).toEqual([1, 2]);
  });

  test('nor from a response made by hand, of which nobody knows where it is from', async () => {
    const answer = async (): Promise<Response> => Response.json([1], next('https://api.test/b'));
    const { over } = read(paginate(api({ fetch: answer }), 'a'));
    expect(await over).toMatchObject({ message: expect.stringContaining('does not allow') });
  });

  test('the first page is given once, also where it names itself', async () => {
    const { items, over } = read(paginate(api(), 'users'));
    await (await wire.expect('GET /users')).respond(200, { json: [1], ...next('/users') });
    expect(await over).toMatchObject({ message: 'Page 1 names itself as the next one' });
    expect(items).toEqual([1]);
  });

  test('not in circles', async () => {
    const { over } = read(paginate(api(), 'users', { next: link() }));
    await (await wire.expect('GET /users')).respond(200, { json: [1], ...next('/users?page=2') });
    await (await wire.expect('GET /users?page=2')).respond(200, { json: [2], ...next('/users?page=2') });
    expect(await over).toMatchObject({ message: 'Page 2 names itself as the next one' });
  });
});

test('by a cursor, with validated pages', async () => {
  const Page = v.object({ users: v.array(v.object({ id: v.number() })), next: v.nullable(v.string()) });
  const pages = paginate(api(), 'users?size=1', {
    schema: Page,
    items: ({ users }) => users,
    next: cursor(({ next }) => next, 'after'),
  });
  const { items, over } = read(pages);
  await (await wire.expect('GET /users?size=1')).respond(200, { json: { users: [{ id: 1 }], next: 'a b' } });
  await (
    await wire.expect('GET /users?size=1&after=a+b')
  ).respond(200, { json: { users: [{ id: 2 }], next: null } });
  expect(await over).toBe('over');
  expect(items).toEqual([{ id: 1 }, { id: 2 }]);
});

test('a page that does not fit its schema ends the loop with the error', async () => {
  const { over } = read(paginate(api(), 'users', { schema: v.array(v.number()) }));
  await (await wire.expect('GET /users')).respond(200, { json: ['one'] });
  expect(await over).toMatchObject({ name: 'SchemaValidationError' });
});

test.each([null, undefined, ''])('a cursor that is %j is the end', async (none) => {
  const { over } = read(paginate(api(), 'users', { items: () => [], next: cursor(() => none) }));
  await (await wire.expect('GET /users')).respond(200, { json: {} });
  expect(await over).toBe('over');
  expect(wire.exchanges).toHaveLength(1);
});

test('a cursor that is 0 is one', async () => {
  read(paginate(api(), 'users', { next: cursor(() => 0) }));
  await (await wire.expect('GET /users')).respond(200, { json: [] });
  const { request } = await wire.expect('GET /users?cursor=0');
  expect(new URL(request.url).search).toBe('?cursor=0');
});

test.each([null, undefined, ''])('a function that gives %j as the next page ends the list', async (none) => {
  const { over } = read(paginate(api(), 'users', { next: () => none as never }));
  await (await wire.expect('GET /users')).respond(200, { json: [] });
  expect(await over).toBe('over');
});

describe('the parameters of the next page take the place of those of the same name', () => {
  test.each<[string, Input]>([
    ['a string', 'users?size=1&page=1&page=7#top'],
    ['a URL', new URL('https://api.test/users?size=1&page=1')],
    ['a Request', new Request('https://api.test/users?size=1&page=1', { headers: { 'x-mine': 'kept' } })],
  ])('in %s', async (name, input) => {
    read(paginate(api(), input, { next: pageNumber() }));
    const parameters = name === 'a string' ? 'page=1&page=7' : 'page=1';
    await (await wire.expect(`GET /users?size=1&${parameters}`)).respond(200, { json: [1] });
    for (const page of [2, 3]) {
      const exchange = await wire.expect(`GET /users?size=1&page=${page}`);
      expect(exchange.request.headers.get('x-mine')).toBe(name === 'a Request' ? 'kept' : null);
      await exchange.respond(200, { json: [1] });
    }
  });

  test('among those of the instance and of `request`', async () => {
    const options = { next: pageNumber(), request: { searchParams: { page: 1, size: 2 } } };
    const { over } = read(paginate(api({ searchParams: { key: 'k' } }), 'users', options));
    await (await wire.expect('GET /users?key=k&page=1&size=2')).respond(200, { json: [1] });
    await (await wire.expect('GET /users?key=k&size=2&page=2')).respond(200, { json: [1] });
    await (await wire.expect('GET /users?key=k&size=2&page=3')).respond(200, { json: [] });
    expect(await over).toBe('over');
  });
});

describe('by numbers', () => {
  test('to the first empty page', async () => {
    const { items, over } = read(paginate(api(), 'users', { next: pageNumber() }));
    await (await wire.expect('GET /users')).respond(200, { json: [1, 2] });
    await (await wire.expect('GET /users?page=2')).respond(200, { json: [3] });
    await (await wire.expect('GET /users?page=3')).respond(200, { json: [] });
    expect(await over).toBe('over');
    expect(items).toEqual([1, 2, 3]);
  });

  test('to the first page that is not full', async () => {
    const { over } = read(paginate(api(), 'users', { next: pageNumber('p', 2) }));
    await (await wire.expect('GET /users')).respond(200, { json: [1, 2] });
    await (await wire.expect('GET /users?p=2')).respond(200, { json: [3] });
    expect(await over).toBe('over');
  });

  test('no further than maxPages', async () => {
    const { items, over } = read(paginate(api(), 'users', { next: pageNumber(), maxPages: 1 }));
    await (await wire.expect('GET /users')).respond(200, { json: [1, 2] });
    expect(await over).toBe('over');
    expect(items).toEqual([1, 2]);
  });
});

test('a page is requested when its first item is asked for', async () => {
  const pages = paginate(api(), 'users', { next: pageNumber() });
  await wire.expectNothing();
  const first = pages.next();
  await (await wire.expect('GET /users')).respond(200, { json: [1, 2] });
  expect(await first).toEqual({ done: false, value: 1 });
  await pages.next();
  await wire.expectNothing();
  await pages.return();
  await wire.expectNothing();
});

test('pages without items to be found', async () => {
  const { over } = read(paginate(api(), 'users'));
  await (await wire.expect('GET /users')).respond(200, { json: { users: [] } });
  expect(await over).toMatchObject({ message: 'The page is no array: give `items` to find its items' });
});

test('pages feed a fan-out', async () => {
  const run = fanOut(paginate<unknown, number>(api(), 'ids', { next: pageNumber() }), async (id) => id * 2);
  const pending = run.toArray();
  await (await wire.expect('GET /ids')).respond(200, { json: [1, 2] });
  await (await wire.expect('GET /ids?page=2')).respond(200, { json: [] });
  expect((await pending).map(({ result }) => result)).toEqual([
    { ok: true, data: 2 },
    { ok: true, data: 4 },
  ]);
});

test('no bound is a number of pages, too', () => {
  expect(() => paginate(ky, 'a', { maxPages: Infinity })).not.toThrow();
});

test.each([null, 1, 'x', {}])('no schema: %j', (schema) => {
  expect(() => paginate(ky, 'a', { schema: schema as never })).toThrow(/schema must be a Standard Schema/);
});

test.each([null, 1, 'x', []])('no ky options: %j', (request) => {
  expect(() => paginate(ky, 'a', { request: request as never })).toThrow(/request must be an object/);
});

test('a schema may be a function', () => {
  const schema = Object.assign(() => undefined, v.array(v.number()));
  expect(() => paginate(ky, 'a', { schema })).not.toThrow();
});

test('names every option that is not valid', () => {
  expect(() => paginate(ky, 'a', { maxPages: 0, next: 1 as never, schema: {} as never })).toThrow(
    /^paginate\(\) was given.*\n.*maxPages must be.*\n.*next must be.*\n.*schema must be a Standard Schema/,
  );
});
