import { outcome, virtualClock, virtualEpoch } from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { auth, type AuthOptions, type GivenToken } from '../src/index.ts';

/** A server that refuses some tokens, and what it was sent. */
class Api {
  readonly sent: (string | undefined)[] = [];
  readonly refused = new Set<string | undefined>();
  readonly ky: KyInstance;

  constructor(options: AuthOptions, more: Options = {}) {
    this.ky = ky
      .create({
        baseUrl: 'https://api.test/',
        retry: 0,
        fetch: async (input) => {
          const token = (input as Request).headers.get('authorization')?.slice('Bearer '.length);
          this.sent.push(token);
          return new Response('', { status: this.refused.has(token) ? 401 : 200 });
        },
        ...more,
      })
      .extend(auth(options));
  }

  get(): Promise<unknown> {
    return outcome(this.ky.get('a').text());
  }
}

describe('a refresh that gives nothing', () => {
  test('has `token` asked for the new one', async () => {
    let saved = 'old';
    const api = new Api({ token: () => saved, refresh: () => void (saved = 'new') });
    api.refused.add('old');
    expect(await api.get()).toBe('');
    expect(await api.get()).toBe('');
    expect(api.sent).toEqual(['old', 'new', 'new']);
  });

  test('leaves a token that never changes as it is', async () => {
    const api = new Api({ token: 'old', refresh: () => undefined });
    api.refused.add('old');
    expect(await api.get()).toMatchObject({ code: 'AUTH_REFUSED' });
    expect(await api.get()).toMatchObject({ code: 'AUTH_REFUSED' });
    expect(api.sent).toEqual(['old', 'old']);
  });

  test('and a `token` that gives none any more leave the one there is', async () => {
    let saved: string | undefined = 'old';
    const api = new Api({ token: () => saved, refresh: () => void (saved = undefined) });
    api.refused.add('old');
    expect(await api.get()).toMatchObject({ code: 'AUTH_REFUSED' });
    expect(api.sent).toEqual(['old']);
  });
});

describe('when a token ends', () => {
  const jwt = (...parts: readonly unknown[]): string =>
    parts.map((part) => btoa(typeof part === 'string' ? part : JSON.stringify(part))).join('.');
  const soon = virtualEpoch / 1_000 + 100;

  /** How many refreshes there are at calls in each of so many seconds. */
  async function refreshes(given: GivenToken, seconds: readonly number[]): Promise<number> {
    using clock = virtualClock();
    let count = 0;
    const refresh = (): Promise<string> => {
      count++;
      // It fails, so that the present one stays in force.
      return Promise.reject(new Error('later'));
    };
    const api = new Api({ token: () => given, refresh });
    for (const second of seconds) {
      await clock.advance(second * 1_000 - clock.elapsedMs);
      await clock.finish(api.get());
    }
    return count;
  }

  test.each<[string, GivenToken, number]>([
    ['by a JWT', jwt({}, { exp: soon }, 'x'), 1],
    ['by a JWT beside which no end is given', { token: jwt({}, { exp: soon }, 'x') }, 1],
    [
      'by the date given, whatever the JWT says',
      { token: jwt({}, { exp: 9e9 }, 'x'), expiresAt: soon * 1_000 },
      1,
    ],
    ['by a date given, later than the JWT says', { token: jwt({}, { exp: soon }, 'x'), expiresAt: 9e12 }, 0],
    ['not by two parts, which are no JWT', jwt({}, { exp: soon }), 0],
    ['not by parts that are no JSON', jwt('a', 'b', 'c'), 0],
    ['not by parts that are not base64', 'a.?.c', 0],
    ['not by JSON that is no object', jwt({}, null, 'x'), 0],
    ['not by a text', jwt({}, { exp: `${soon}` }, 'x'), 0],
    ['not by a date that is none', { token: 'a', expiresAt: new Date('in an hour') }, 0],
    // What `Date.now() + expires_in * 1000` comes to where the server gave no `expires_in`.
    ['not by a number that is none', { token: 'a', expiresAt: Number.NaN }, 0],
  ])('%s', async (_, given, expected) => {
    expect(await refreshes(given, [0, 75])).toBe(expected);
  });

  test('at the very moment it comes, the end is ignored: the clocks differ', async () => {
    expect(await refreshes({ token: 'a', expiresAt: virtualEpoch }, [0, 1, 100])).toBe(0);
  });
});

describe('errors on the way to a token', () => {
  test('may be nothing at all', async () => {
    // eslint-disable-next-line prefer-promise-reject-errors
    const api = new Api({ token: () => Promise.reject(undefined) });
    const error = await api.get();
    expect(error).toMatchObject({ code: 'AUTH_NO_TOKEN', response: undefined, data: undefined });
    expect(error).not.toHaveProperty('cause');
  });

  test('are the cause where the caller aborts in the same breath', async () => {
    const controller = new AbortController();
    const cause = new Error('locked');
    const token = (): never => {
      controller.abort('mine');
      throw cause;
    };
    const api = new Api({ token });
    expect(await outcome(api.ky.get('a', { signal: controller.signal }))).toMatchObject({
      code: 'AUTH_NO_TOKEN',
      cause,
    });
  });

  test('name what could not be sent', async () => {
    expect(await new Api({ token: 'a\nb' }).get()).toMatchObject({
      code: 'AUTH_INVALID_TOKEN',
      message: 'GET https://api.test/a was not sent: the token cannot stand in a header',
      response: undefined,
      data: undefined,
    });
  });
});

test('of more than a thousand tokens the one met first is forgotten, and no other', async () => {
  let token = 'first';
  let refreshes = 0;
  const api = new Api({ token: () => token, refresh: (old) => `${old} ${++refreshes}` });
  api.refused.add('first');
  await api.get();
  expect(api.sent).toEqual(['first', 'first 1']);
  const meet = async (from: number, to: number): Promise<void> => {
    for (let number = from; number <= to; number++) {
      token = `other ${number}`;
      await api.get();
    }
    token = 'first';
    api.sent.length = 0;
    await api.get();
  };
  await meet(2, 1_000);
  expect(api.sent).toEqual(['first 1']);
  await meet(1_001, 1_001);
  expect(api.sent).toEqual(['first', 'first 2']);
});
