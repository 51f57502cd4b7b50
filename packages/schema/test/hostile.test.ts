import { traceOf } from '@kyhooks/core';
import type { Options } from 'ky';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { isSchemaError, schema, type SchemaOptions } from '../src/index.ts';
import { client, errorOf, type Outcome } from './kit.ts';

const call = (
  body: BodyInit,
  one: v.GenericSchema = v.any(),
  options: SchemaOptions = {},
): Promise<Outcome> =>
  errorOf(
    client({ body })
      .extend(schema({ 'GET /a': one }, options))
      .get('a')
      .json(),
  );

describe('hostile JSON', () => {
  test('__proto__ is a key like any other, and reaches no prototype', async () => {
    const body = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}';
    const { noError } = await call(body, v.object({ name: v.optional(v.string()) }), {
      unknownKeys: 'report',
    });
    expect(noError).toEqual({});
    expect((noError as Record<string, unknown>)['admin']).toBeUndefined();
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;

  test('a depth of 10,000 is read', async () => {
    expect((await call(deep, v.array(v.any()), { unknownKeys: 'report' })).noError).toHaveLength(1);
    expect(await call(deep, v.string())).toMatchObject({ kind: 'invalid' });
  });

  test('a schema that goes as deep gives a clear error, not a broken stack', async () => {
    const deeper = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const Nested: v.GenericSchema = v.array(v.lazy(() => Nested));
    const error = await call(deeper, Nested);
    expect(isSchemaError(error)).toBe(true);
    expect(['validator', 'malformed']).toContain(error.kind);
  });

  test('text that is cut deep inside is told in no time', async () => {
    expect(await call('['.repeat(1_000_000))).toMatchObject({ kind: 'truncated' });
    expect(await call(`"${'\\'.repeat(1_000_001)}`)).toMatchObject({ kind: 'truncated' });
  });

  test('invalid UTF-8 within a string is replaced as everywhere; elsewhere it is told', async () => {
    // Each character of the text is one byte.
    const bytes = (text: string): Uint8Array<ArrayBuffer> =>
      Uint8Array.from(text, (character) => character.codePointAt(0)!);
    expect((await call(bytes('"a\xFF"'), v.string())).noError).toBe('a\uFFFD');
    expect(await call(bytes('\xFF\xFE{\0'))).toMatchObject({ kind: 'encoding' });
    expect(await call(bytes('\xFE\xFF\0{'))).toMatchObject({ kind: 'encoding' });
    expect(await call(bytes('{\xFF}'))).toMatchObject({ kind: 'malformed' });
  });
});

describe('maxBytes', () => {
  /** A body of 50 MB in chunks of 64 kB, which tells how much of it was made and that it was broken off. */
  function large(): {
    body: ReadableStream<Uint8Array<ArrayBuffer>>;
    made: () => number;
    cancelled: () => boolean;
  } {
    const chunk = new Uint8Array(65_536).fill(32);
    let made = 0;
    let cancelled = false;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull(controller) {
          made += chunk.length;
          if (made > 50_000_000) controller.close();
          else controller.enqueue(chunk.slice());
        },
        cancel() {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { body, made: () => made, cancelled: () => cancelled };
  }

  const read: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
    json: (response) => response.json(),
    text: (response) => response.text(),
    arrayBuffer: (response) => response.arrayBuffer(),
    blob: (response) => response.blob(),
    async stream(response) {
      const reader = response.body!.getReader();
      while (!(await reader.read()).done);
    },
  };
  for (const [name, reader] of Object.entries(read)) {
    test(`50 MB are broken off soon after: ${name}`, async () => {
      const { body, made, cancelled } = large();
      const api = client({ body });
      const checked = api.extend(schema({ 'GET /a': v.any() }, { maxBytes: 1_000_000 }));
      const error = await errorOf(reader(await checked.get('a')));
      expect(error).toMatchObject({ kind: 'too-large', route: '/a', status: 200 });
      expect(error.message).toBe('GET /a answered 200 with more than 1000000 bytes');
      expect(made()).toBeLessThan(1_200_000);
      expect(cancelled()).toBe(true);
      expect(traceOf(error)).toMatchObject({ outcome: 'failed', error: 'SCHEMA' });
    });
  }

  test('of what Content-Length announces nothing is read', async () => {
    const { body, made } = large();
    const api = client({ body, headers: { 'content-length': '50000000' } });
    const error = await errorOf(
      api
        .extend(schema({ 'GET /a': v.any() }, { maxBytes: 1_000_000 }))
        .get('a')
        .json(),
    );
    expect(error).toMatchObject({ kind: 'too-large' });
    expect(made()).toBeLessThan(200_000);
  });

  test('a body of that very length is read', async () => {
    expect((await call('[1,2,3]', v.any(), { maxBytes: 7 })).noError).toEqual([1, 2, 3]);
    expect(await call('[1,2,3]', v.any(), { maxBytes: 6 })).toMatchObject({ kind: 'too-large' });
    const announced = client({ body: '[1,2,3]', headers: { 'content-length': '7' } });
    const checked = announced.extend(schema({ 'GET /a': v.any() }, { maxBytes: 7 }));
    expect(await checked.get('a').json()).toEqual([1, 2, 3]);
  });

  test('a Content-Length that is no number announces nothing', async () => {
    const announced = (body: string): Promise<Outcome> =>
      errorOf(
        client({ body, headers: { 'content-length': '7, 7' } })
          .extend(schema({ 'GET /a': v.any() }, { maxBytes: 7 }))
          .get('a')
          .json(),
      );
    expect((await announced('[1,2,3]')).noError).toEqual([1, 2, 3]);
    expect(await announced('[1,2,34]')).toMatchObject({ kind: 'too-large' });
  });

  test('binds nothing when the mode is off', async () => {
    expect((await call('[1,2,3]', v.any(), { maxBytes: 6, mode: 'off' })).noError).toEqual([1, 2, 3]);
    expect(await call('[1,2,3]', v.any(), { maxBytes: 6, mode: 'report' })).toMatchObject({
      kind: 'too-large',
    });
  });

  test('a clone that a hook reads is not counted in', async () => {
    const hooks: Options['hooks'] = { afterResponse: [async ({ response }) => void (await response.text())] };
    const api = client({ body: '[1,2,3]' }).extend(schema({ 'GET /a': v.any() }, { maxBytes: 7 }));
    expect(await api.get('a', { hooks }).json()).toEqual([1, 2, 3]);
  });

  test('the data of an HTTPError is then missing, and the record says why', async () => {
    const { body } = large();
    const api = client({ status: 500, body }).extend(schema({ 'GET /a': v.any() }, { maxBytes: 1_000 }));
    const error = await errorOf(api.get('a').json());
    expect(error).toMatchObject({ name: 'HTTPError', data: undefined });
    expect(traceOf(error)!.decisions.at(-1)).toMatchObject({
      verdict: 'note',
      reason: 'response body: too-large',
    });
  });

  test('where no route matches it holds too', async () => {
    const api = client({ body: '[1,2,3]' }).extend(schema({}, { maxBytes: 6 }));
    expect(await errorOf(api.get('a').json())).toMatchObject({ kind: 'too-large', route: '' });
  });
});
