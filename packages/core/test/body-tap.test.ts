import { describe, expect, test } from 'vitest';
import { type BodyEnd, type BodyListener, tapBody } from '../src/body-tap.ts';

interface Tapped {
  readonly response: Response;
  readonly ends: BodyEnd[];
}

const tapped = (body: BodyInit | null = 'content', init?: ResponseInit): Tapped => {
  const ends: BodyEnd[] = [];
  const response = new Response(body, init);
  tapBody(response, { ended: (end) => void ends.push(end) });
  return { response, ends };
};
const broken = (): ReadableStream =>
  new ReadableStream({
    pull: (controller) => controller.error(new TypeError('terminated')),
  });
const chunks = (...parts: readonly string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });

const readers: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  text: (response) => response.text(),
  arrayBuffer: async (response) => new TextDecoder().decode(await response.arrayBuffer()),
  blob: async (response) => (await response.blob()).text(),
  bytes: async (response) => new TextDecoder().decode(await response.bytes()),
  'a reader': async ({ body }) => {
    const reader = body!.getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += new TextDecoder().decode(value);
    }
  },
  pipeThrough: async ({ body }) => new Response(body!.pipeThrough(new TransformStream())).text(),
  'a new Response': ({ body }) => new Response(body).text(),
};

describe('what is read', () => {
  for (const [name, read] of Object.entries(readers)) {
    test(`by ${name} arrives whole and ends once`, async () => {
      const { response, ends } = tapped(chunks('con', 'tent'));
      expect(ends).toEqual([]);
      expect(await read(response)).toBe('content');
      expect(ends).toEqual(['ok']);
    });
  }

  for (const [name, read] of Object.entries(readers)) {
    test(`by ${name} is told chunk by chunk to who asks`, async () => {
      const response = new Response(chunks('con', 'tent'));
      const told: string[] = [];
      tapBody(response, {
        waits: () => {
          told.push('waits');
          return () => void told.push('waited');
        },
        bytes: (count) => void told.push(`${count} bytes`),
        ended: (end) => void told.push(end),
      });
      expect(told).toEqual([]);
      expect(await read(response)).toBe('content');
      expect(told.join(', ')).toBe('waits, waited, 3 bytes, waits, waited, 4 bytes, waits, waited, ok');
      expect(response.bodyUsed).toBe(true);
    });
  }

  test('as JSON, also where it does not parse: it was read', async () => {
    const { response, ends } = tapped('{"a":1}');
    expect(await response.json()).toEqual({ a: 1 });
    const bad = tapped('{"a":');
    await expect(bad.response.json()).rejects.toThrow(SyntaxError);
    expect([ends, bad.ends]).toEqual([['ok'], ['ok']]);
  });

  test('as a form', async () => {
    const form = new FormData();
    form.append('name', 'value');
    const { response, ends } = tapped(form);
    expect((await response.formData()).get('name')).toBe('value');
    expect(ends).toEqual(['ok']);
  });

  test('by a BYOB reader, of a byte stream', async () => {
    const source = new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(new TextEncoder().encode('content'));
        controller.close();
      },
    });
    const { response, ends } = tapped(source);
    const reader = response.body!.getReader({ mode: 'byob' });
    const { value } = await reader.read(new Uint8Array(20));
    expect(new TextDecoder().decode(value)).toBe('content');
    expect((await reader.read(new Uint8Array(20))).done).toBe(true);
    expect(ends).toEqual(['ok']);
  });
});

test('no body ends at once', () => {
  expect(tapped(null, { status: 204 }).ends).toEqual(['ok']);
});

test("a body that breaks rejects as the platform's does", async () => {
  const failure = async (read: () => Promise<unknown>): Promise<string> => read().then(() => 'none', String);
  const one = tapped(broken());
  expect(await failure(() => one.response.text())).toBe(await failure(() => new Response(broken()).text()));
  const two = tapped(broken());
  expect(await failure(() => two.response.body!.getReader().read())).toBe('TypeError: terminated');
  expect([one.ends, two.ends]).toEqual([['failed'], ['failed']]);
});

describe('cancelling', () => {
  test('reaches the source, with its reason, and ends once', async () => {
    let reason: unknown;
    const { response, ends } = tapped(new ReadableStream({ cancel: (given) => void (reason = given) }));
    await response.body!.cancel('enough');
    expect([reason, ends]).toEqual(['enough', ['cancelled']]);
  });

  test('in the middle of reading', async () => {
    let cancelled = false;
    const source = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel: () => void (cancelled = true),
    });
    const { response, ends } = tapped(source);
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    expect([cancelled, ends]).toEqual([true, ['cancelled']]);
  });
});

describe('clones', () => {
  test('the body has ended when all of them have', async () => {
    const { response, ends } = tapped();
    const copy = response.clone();
    expect(await copy.text()).toBe('content');
    expect(ends).toEqual([]);
    expect(await response.text()).toBe('content');
    expect(ends).toEqual(['ok']);
  });

  test('one read and one cancelled is a body read', async () => {
    const { response, ends } = tapped();
    const copy = response.clone();
    const read = copy.clone().text();
    void response.body!.cancel();
    void copy.body!.cancel();
    await read;
    expect(ends).toEqual(['ok']);
  });

  test('a response that was looked at, but not read, can be cloned', async () => {
    const { response } = tapped();
    expect(response.body!.locked).toBe(false);
    expect(await response.clone().text()).toBe('content');
    expect(await response.text()).toBe('content');
  });

  test('a body in use cannot be cloned, as in fetch', async () => {
    const { response } = tapped();
    const reader = response.body!.getReader();
    expect(() => response.clone()).toThrow(TypeError);
    reader.releaseLock();
    await response.text();
    expect(() => response.clone()).toThrow(TypeError);
  });
});

describe('what the response tells stays true', () => {
  test('it is the same object, with status, headers, type and bodyUsed', async () => {
    const original = new Response('content', { status: 201, headers: { 'x-a': '1' } });
    tapBody(original, { ended: () => undefined });
    const response = original;
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.headers.get('x-a'), response.type, response.bodyUsed]).toEqual([
      201,
      '1',
      'default',
      false,
    ]);
    await response.text();
    expect(response.bodyUsed).toBe(true);
  });

  test('a second read fails and ends nothing', async () => {
    const { response, ends } = tapped();
    await response.text();
    await expect(response.text()).rejects.toThrow(TypeError);
    expect(ends).toEqual(['ok']);
  });

  test('a body locked by a reader cannot be read otherwise', async () => {
    const { response, ends } = tapped();
    response.body!.getReader();
    await expect(response.text()).rejects.toThrow(TypeError);
    expect(ends).toEqual([]);
  });
});

describe('several listeners', () => {
  test('share one tap, also one that comes when the body has ended', async () => {
    const { response, ends } = tapped();
    const own = Object.getPrototypeOf(response) as object;
    const later: BodyEnd[] = [];
    tapBody(response, { ended: (end) => void later.push(end) });
    expect(Object.getPrototypeOf(response)).toBe(own);
    await response.body!.cancel();
    tapBody(response, { ended: (end) => void later.push(end) });
    expect([ends, later]).toEqual([['cancelled'], ['cancelled', 'cancelled']]);
  });
});

describe('breaking off', () => {
  const watched = (
    body: BodyInit,
    listener: BodyListener = { waits: () => undefined },
  ): { response: Response; ends: unknown[]; breakOff: (error: unknown) => void } => {
    const response = new Response(body);
    const ends: unknown[] = [];
    const tap = tapBody(response, { ...listener, ended: (...end) => void ends.push(end) });
    return { response, ends, breakOff: (error) => tap.breakOff(error) };
  };
  const failure = new Error('enough');
  const stalled = (cancelled: unknown[]): ReadableStream<Uint8Array> =>
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('con')),
      cancel: (reason) => void cancelled.push(reason),
    });

  for (const name of ['text', 'a reader'] as const) {
    test(`ends a read by ${name}, and the transfer`, async () => {
      const cancelled: unknown[] = [];
      const { response, ends, breakOff } = watched(stalled(cancelled));
      const read = readers[name]!(response).catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve));
      breakOff(failure);
      breakOff(new Error('later'));
      expect(await read).toBe(failure);
      expect(cancelled).toEqual([failure]);
      expect(ends).toEqual([['failed', failure]]);
    });
  }

  test('ends a read that has not begun', async () => {
    const cancelled: unknown[] = [];
    const { response, breakOff } = watched(stalled(cancelled));
    const reader = response.body!.getReader();
    breakOff(failure);
    await expect(reader.read()).rejects.toBe(failure);
    expect(cancelled).toEqual([failure]);
  });

  test('ends all clones, and so the transfer', async () => {
    const cancelled: unknown[] = [];
    const { response, ends, breakOff } = watched(stalled(cancelled));
    const copy = response.clone();
    const reads = [response, copy].map(async (one) => one.text().catch((error: unknown) => error));
    await new Promise((resolve) => setTimeout(resolve));
    breakOff(failure);
    expect(await Promise.all(reads)).toEqual([failure, failure]);
    expect(cancelled).toHaveLength(1);
    expect(ends).toEqual([['failed', failure]]);
  });

  test('what a listener throws breaks the body', async () => {
    let total = 0;
    const cancelled: unknown[] = [];
    const { response, ends } = watched(stalled(cancelled), {
      bytes(count) {
        if ((total += count) > 2) throw failure;
      },
    });
    await expect(response.json()).rejects.toBe(failure);
    expect([cancelled, ends]).toEqual([[failure], [['failed', failure]]]);
  });
});

describe('while a reader of the response is at it', () => {
  const watched = (): { response: Response; ends: BodyEnd[] } => {
    const ends: BodyEnd[] = [];
    const response = new Response(chunks('con', 'tent'));
    tapBody(response, { waits: () => undefined, ended: (end) => void ends.push(end) });
    return { response, ends };
  };

  test.each([
    ['before it was looked at', false],
    ['after it was looked at', true],
  ])('nobody else may read, cancel or clone it: %s', async (_, looked) => {
    const { response, ends } = watched();
    expect(looked && response.body!.locked).toBe(false);
    const text = response.text();
    expect(response.body!.locked).toBe(true);
    expect(() => response.body!.getReader()).toThrow(TypeError);
    await expect(response.body!.cancel()).rejects.toThrow(TypeError);
    expect(() => response.clone()).toThrow(TypeError);
    await expect(response.json()).rejects.toThrow(TypeError);
    expect(await text).toBe('content');
    expect(ends).toEqual(['ok']);
  });
});

describe('a response made around the body of another', () => {
  test('is the same body to who listens to both', async () => {
    const { response, ends } = tapped(chunks('con', 'tent'));
    const around = new Response(response.body);
    tapBody(around, { ended: (end) => void ends.push(end) });
    expect(await around.text()).toBe('content');
    expect(ends).toEqual(['ok', 'ok']);
  });
});

describe('what cannot be listened to is left as it is', () => {
  test.each([
    ['a frozen response', Object.freeze(new Response('content'))],
    [
      'a body that is no stream of the platform',
      { body: { pipe: true }, text: async (): Promise<string> => 'content' },
    ],
    ['a response without a body', { text: async (): Promise<string> => 'content' }],
  ])('%s', async (_, response) => {
    const ends: BodyEnd[] = [];
    tapBody(response as Response, { waits: () => undefined, ended: (end) => void ends.push(end) });
    expect(await (response as Response).text()).toBe('content');
  });
});

test('a chunk of anything but bytes is refused, as by the platform', async () => {
  const response = new Response('content');
  Object.defineProperty(response, 'body', {
    value: new ReadableStream({ start: (controller) => controller.enqueue('text') }),
  });
  tapBody(response, { waits: () => undefined });
  await expect(response.text()).rejects.toThrow(TypeError);
});

test('what is read is nobody else’s buffer', async () => {
  const own = new TextEncoder().encode('content');
  const response = new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(own);
        controller.close();
      },
    }),
  );
  tapBody(response, { waits: () => undefined });
  new Uint8Array(await response.arrayBuffer())[0] = 88;
  expect(new TextDecoder().decode(own)).toBe('content');
});

test('a body that was broken off has ended, also the clone that nobody reads', async () => {
  const ends: [BodyEnd, unknown?][] = [];
  const response = new Response(new ReadableStream());
  const tap = tapBody(response, { waits: () => undefined, ended: (...end) => void ends.push(end) });
  const kept = response.clone();
  const reason = new Error('too slow');
  const text = response.text();
  tap.breakOff(reason);
  await expect(text).rejects.toBe(reason);
  expect(ends).toEqual([['failed', reason]]);
  await expect(kept.text()).rejects.toBe(reason);
});
