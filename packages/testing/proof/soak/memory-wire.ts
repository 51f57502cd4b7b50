import { networkError } from '@kyhooks/testing';
import { repliesOfApi, type Reply } from './reply.ts';

type Fetch = (input: string | URL | Request) => Promise<Response>;

/** A `fetch` that answers at once, and heeds the signal as the platform's does. */
export function memoryWire(): Fetch {
  const replyTo = repliesOfApi();
  return async (input) => {
    const request = input as Request;
    request.signal.throwIfAborted();
    if (request.body) await request.arrayBuffer();
    return answer(
      replyTo(new URL(request.url).pathname, request.headers.get('authorization')),
      request.signal,
    );
  };
}

function answer(
  { status = 200, headers = {}, body, fault }: Reply,
  signal: AbortSignal,
): Response | Promise<never> {
  switch (fault) {
    case 'break':
      throw networkError('ECONNRESET');
    case 'hang':
      return new Promise<never>((_, reject) => onAbort(signal, reject));
    case 'cut':
    case 'stall':
      return new Response(halfOf(body!, fault, signal), { status, headers });
    case undefined:
      return new Response(body ?? null, { status, headers });
    default:
      throw new Error(`No such fault: ${String(fault satisfies never)}`);
  }
}

function halfOf(body: string, fault: 'cut' | 'stall', signal: AbortSignal): ReadableStream {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body.slice(body.length / 2)));
      if (fault === 'stall') onAbort(signal, (reason) => controller.error(reason));
    },
    pull(controller) {
      if (fault === 'cut') controller.error(networkError('UND_ERR_SOCKET'));
    },
  });
}

function onAbort(signal: AbortSignal, listener: (reason: unknown) => void): void {
  signal.addEventListener('abort', () => listener(signal.reason), { once: true });
}
