/** How a body ended. */
export type BodyEnd = 'ok' | 'cancelled' | 'failed' | 'unread';

/** Told once, when the body and all its clones have ended. */
export type BodyListener = (end: BodyEnd, error?: unknown) => void;

const readers = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;

/**
 * Listens for the end of a body without touching it: the response stays the same object, so `url`, `redirected`,
 * `type` and `clone()` stay true, and nothing is read that the caller does not read. Clones are listened to as well;
 * the body has ended when all of them have.
 *
 * `ok` is a body read to its end, or none at all; `unread` one that was dropped and collected.
 */
export function tapBody(response: Response, listener: BodyListener): Response {
  const tap: Tap = { open: 0, end: 'unread', listener };
  tapBranch(response, tap);
  return response;
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

interface Tap {
  /** Branches that have not ended. */
  open: number;
  end: BodyEnd;
  error?: unknown;
  readonly listener: BodyListener;
}

let registry: FinalizationRegistry<End> | undefined;

function tapBranch(response: Response, tap: Tap): void {
  const native = Object.getPrototypeOf(response) as Response;
  const nativeBody = (): Response['body'] => Reflect.get(native, 'body', response);
  const end = openBranch(tap);
  if (!nativeBody()) {
    end('ok');
    return;
  }
  registry ??= new FinalizationRegistry((dropped) => dropped('unread'));
  registry.register(response, end);

  let stream: Body | undefined;
  const busy = (): boolean => response.bodyUsed || stream?.locked === true || nativeBody()!.locked;
  const define = (name: string, descriptor: PropertyDescriptor): void => {
    Object.defineProperty(response, name, { configurable: true, ...descriptor });
  };
  define('body', { get: () => (stream ??= watch(() => nativeBody()!, end)) });
  define('clone', {
    writable: true,
    value: (): Response => {
      if (busy()) throw new TypeError('Response.clone: the body is locked or has been read');
      const copy = native.clone.call(response);
      tapBranch(copy, tap);
      return copy;
    },
  });
  for (const name of readers) {
    const read = native[name] as (() => Promise<unknown>) | undefined;
    if (!read) continue;
    const tapped = async (): Promise<unknown> => {
      // A second read fails and ends nothing.
      if (busy())
        return stream?.locked ? Promise.reject(new TypeError('The body is locked')) : read.call(response);
      try {
        const value = await read.call(response);
        end('ok');
        return value;
      } catch (error) {
        // What does not parse was read all the same.
        end(error instanceof SyntaxError ? 'ok' : 'failed', error);
        throw error;
      }
    };
    define(name, { writable: true, value: tapped });
  }
}

type End = (how: BodyEnd, error?: unknown) => void;

/** Made in a scope of its own: what the registry holds must not hold the response, or it would never be collected. */
function openBranch(tap: Tap): End {
  let ended = false;
  tap.open++;
  return (how, error) => {
    if (ended) return;
    ended = true;
    // Of several branches the best informed one counts.
    if (ranks.indexOf(how) > ranks.indexOf(tap.end)) Object.assign(tap, { end: how, error });
    if (--tap.open === 0) tap.listener(tap.end, tap.error);
  };
}

const ranks: readonly BodyEnd[] = ['unread', 'cancelled', 'failed', 'ok'];

/** The body as a stream that tells its end. It pulls only when it is pulled, and locks the body only then. */
function watch(body: () => Body, end: End): Body {
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  const source = {
    async pull(controller: ReadableByteStreamController | ReadableStreamDefaultController<unknown>) {
      reader ??= body().getReader();
      try {
        const { done, value } = await reader.read();
        if (done) {
          end('ok');
          controller.close();
          if ('byobRequest' in controller) controller.byobRequest?.respond(0);
        } else {
          controller.enqueue(value);
        }
      } catch (error) {
        end('failed', error);
        throw error;
      }
    },
    async cancel(reason: unknown) {
      end('cancelled');
      await (reader ?? body()).cancel(reason);
    },
  };
  // A byte stream hands out BYOB readers; it also transfers its chunks, which only a byte stream does not share.
  return isByteStream(body())
    ? new ReadableStream({ ...source, type: 'bytes' })
    : new ReadableStream<Uint8Array<ArrayBuffer>>(source, { highWaterMark: 0 });
}

function isByteStream(stream: Body): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}
