import { outcome, scriptedWire, virtualClock } from '@kyhooks/testing';
import { onSettled } from '@kyhooks/core';
import ky, { type KyInstance, type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { auth, inQuery, type Sign } from '../src/index.ts';

const base = { baseUrl: 'https://api.test/', retry: 0, timeout: false } as const satisfies Options;

/** A response as the platform makes it: where it came from is on its clones too. */
function from(url: string, response: Response = new Response('ok')): Response {
  const native = Object.getPrototypeOf(response) as Response;
  const members = {
    url: { get: () => url },
    clone: {
      value: function clone(this: Response) {
        return from(url, native.clone.call(this));
      },
    },
  };
  return Object.setPrototypeOf(response, Object.create(native, members) as object) as Response;
}

describe('the URL of a response tells nothing of a token in the query', () => {
  const client = (more: Options = {}): KyInstance =>
    ky
      .create({ ...base, fetch: async (input) => from((input as Request).url), ...more })
      .extend(auth({ token: 'secret', sign: inQuery('key') }));

  test('to the caller, whatever is cloned', async () => {
    const response = await client().get('a');
    const copy = response.clone();
    expect([response, copy, copy.clone()].map(({ url }) => url)).toEqual(
      Array.from({ length: 3 }, () => 'https://api.test/a'),
    );
    expect([await response.text(), await copy.text()]).toEqual(['ok', 'ok']);
  });

  test('to hooks', async () => {
    const seen: string[] = [];
    await client({
      hooks: { afterResponse: [({ response }) => void seen.push(response.url, response.clone().url)] },
    }).get('a');
    expect(seen).toEqual(['https://api.test/a', 'https://api.test/a']);
  });

  test('where somebody listens to the body, who hears of the end of all clones', async () => {
    const ends: unknown[] = [];
    const response = await client()
      .extend(onSettled(({ outcome: end }) => ends.push(end)))
      .get('a');
    const copy = response.clone();
    expect([copy.url, await response.text()]).toEqual(['https://api.test/a', 'ok']);
    expect(ends).toEqual([]);
    expect([await copy.text(), ends]).toEqual(['ok', ['ok']]);
  });

  test('and stays what it is behind a redirect, for that is where the answer is from', async () => {
    const elsewhere = Object.defineProperty(from('https://other.test/b'), 'redirected', { value: true });
    expect((await client({ fetch: async () => elsewhere }).get('a')).url).toBe('https://other.test/b');
  });

  test('and of a response made by hand, which has none, stays empty', async () => {
    expect((await client({ fetch: async () => new Response('ok') }).get('a')).url).toBe('');
  });

  test('and is the platform’s own where the query is as it was', async () => {
    const response = from('https://api.test/a#as-it-is');
    const api = ky.create({ ...base, fetch: async () => response }).extend(auth({ token: 'secret' }));
    expect((await api.get('a')).url).toBe('https://api.test/a#as-it-is');
  });
});

describe('a function that signs', () => {
  /** The request as the user's hook sees it when the call has failed. */
  async function failing(sign: Sign, more: Options = {}): Promise<{ end: unknown; seen: Request }> {
    let seen: Request | undefined;
    const hooks: Options['hooks'] = {
      beforeError: [({ request, error }) => ((seen = request), error)],
    };
    const api = ky
      .create({ ...base, fetch: async () => new Response('', { status: 500 }), hooks })
      .extend(auth({ token: 'secret', sign }));
    const end = await outcome(api.get('a', more));
    return { end, seen: seen! };
  }
  const signature = (request: Request): (string | null)[] =>
    ['x-sig', 'x-own', 'x-gone'].map((name) => request.headers.get(name));
  const own: Options = { headers: { 'x-own': 'mine', 'x-gone': 'back' } };

  test('leaves no trace on the request behind it: each header is what it was', async () => {
    const { seen } = await failing(({ headers }, token) => {
      headers.set('x-sig', token!);
      headers.append('x-own', token!);
      headers.delete('x-gone');
    }, own);
    expect(signature(seen)).toEqual([null, 'mine', 'back']);
  });

  test('and fails half way leaves none either, and the call ends with what it threw', async () => {
    const cause = new RangeError('no key');
    const { end, seen } = await failing(({ headers }, token) => {
      headers.set('x-sig', token!);
      throw cause;
    }, own);
    expect(end).toBe(cause);
    expect(signature(seen)).toEqual([null, 'mine', 'back']);
  });

  test('and takes its time does not keep a caller who aborts, nor sign behind their back', async () => {
    using clock = virtualClock();
    const wire = scriptedWire(clock);
    let signed: Request | undefined;
    const sign: Sign = async (request, token) => {
      signed = request;
      request.headers.set('x-sig', 'half');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      request.headers.set('x-sig', token!);
    };
    const controller = new AbortController();
    const api = ky.create({ ...base, fetch: wire.fetch }).extend(auth({ token: 'secret', sign }));
    let end: unknown;
    void outcome(api.get('a', { signal: controller.signal })).then((value) => (end = value));
    await clock.advance(1_000);
    controller.abort('enough');
    await clock.settle();
    expect(end).toBe('enough');
    expect(signed!.headers.has('x-sig')).toBe(false);
    await clock.advance(60_000);
    expect(signed!.headers.has('x-sig')).toBe(false);
    expect(wire.exchanges).toHaveLength(0);
  });
});

test('a token in a header leaves no header behind', async () => {
  const api = ky
    .create({ ...base, fetch: async () => new Response('', { status: 500 }) })
    .extend(auth({ token: 'secret' }));
  const { request } = (await outcome(api.get('a'))) as { readonly request: Request };
  expect(request.headers.has('authorization')).toBe(false);
});

describe('a token that cannot stand in the header where `sign` puts it', () => {
  const token = 'sec\nret';
  const sent = async (sign: Sign): Promise<unknown> =>
    outcome(
      ky
        .create({ ...base, fetch: async () => new Response('ok') })
        .extend(auth({ token, sign }))
        .get('a'),
    );

  test('is in no error, whatever the platform says of it', async () => {
    const error = await sent(({ headers }, value) => headers.set('x-key', value!));
    expect(String(error)).not.toContain(token);
    expect(error).toBeInstanceOf(Error);
    const shown = await sent((_, value) => {
      throw new TypeError(`Headers.set: "${value}" is an invalid header value.`);
    });
    expect(shown).toMatchObject({
      code: 'AUTH_INVALID_TOKEN',
      message: 'GET https://api.test/a was not sent: the token cannot stand in a header',
    });
    expect((shown as Error).cause).toBeUndefined();
  });

  test('and another error of `sign` is handed on as it is', async () => {
    const mine = new TypeError('mine');
    const error = await sent(() => {
      throw mine;
    });
    expect(error).toBe(mine);
  });
});
