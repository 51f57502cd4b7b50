import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { tapBody } from '../src/body-tap.ts';

test('a body of another realm is read as the platform reads it', async () => {
  const bytes = runInNewContext('new Uint8Array([111, 107])') as Uint8Array<ArrayBuffer>;
  expect(bytes).not.toBeInstanceOf(Uint8Array);
  for (const read of [
    (response: Response) => response.text(),
    (response: Response) => new Response(response.body).text(),
  ]) {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.slice());
        controller.close();
      },
    });
    const response = new Response(body);
    tapBody(response, { bytes: () => undefined });
    expect(await read(response)).toBe('ok');
  }
});
