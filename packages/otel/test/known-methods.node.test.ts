import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const variable = 'OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS';
beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllEnvs());

async function named(method: string, route?: string): Promise<readonly string[]> {
  const { methodOf, nameOf } = await import('../src/method.ts');
  return [methodOf(method), nameOf(methodOf(method), route)];
}

test.each([
  ['GET', 'GET', 'GET'],
  ['QUERY', 'QUERY', 'QUERY'],
  ['PATCH', 'PATCH', 'PATCH'],
  ['patch', '_OTHER', 'HTTP'],
  ['PURGE', '_OTHER', 'HTTP'],
])('%s', async (method, attribute, name) => {
  expect(await named(method)).toEqual([attribute, name]);
});

test('the environment replaces the list', async () => {
  vi.stubEnv(variable, 'GET, PURGE');
  expect(await named('PURGE', '/cache/{key}')).toEqual(['PURGE', 'PURGE /cache/{key}']);
  expect(await named('GET')).toEqual(['GET', 'GET']);
  expect(await named('POST')).toEqual(['_OTHER', 'HTTP']);
});

test.each<[string, object | undefined]>([
  ['there is none, as in browsers', undefined],
  ['there are no variables', {}],
  [
    'it may not be read, as in Deno without a permission',
    {
      env: new Proxy(
        {},
        {
          get: () => {
            throw new Error('NotCapable');
          },
        },
      ),
    },
  ],
])('the standard methods where, of the environment, %s', async (_, process) => {
  const { methodOf } = await import('../src/method.ts');
  vi.stubGlobal('process', process);
  const found = ['POST', 'PURGE'].map(methodOf);
  vi.unstubAllGlobals();
  expect(found).toEqual(['POST', '_OTHER']);
});

test('an empty variable changes nothing', async () => {
  vi.stubEnv(variable, '');
  expect(await named('POST')).toEqual(['POST', 'POST']);
});
