/** What became of a body. */
export type BodyState = 'unread' | 'read' | 'cancelled' | 'failed';

/** A body that knows whether it was read. */
export interface WatchedBody {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly state: BodyState;
  push(text: string): void;
  end(): void;
  fail(error: unknown): void;
}

/** A byte stream, as a real response has one, that is fed by hand. */
export function watchedBody(): WatchedBody {
  let state: BodyState = 'unread';
  let ended = false;
  let controller: ReadableByteStreamController;
  const encoder = new TextEncoder();
  const pending: string[] = [];
  let wanted: (() => void) | undefined;
  const pump = (): void => {
    if (state !== 'unread' || !wanted) return;
    const text = pending.shift();
    if (text !== undefined) controller.enqueue(encoder.encode(text));
    else if (ended) {
      state = 'read';
      controller.close();
      controller.byobRequest?.respond(0);
    } else return;
    wanted();
    wanted = undefined;
  };
  const stream = new ReadableStream({
    type: 'bytes',
    start: (own) => void (controller = own),
    // Called only when somebody reads: a body that nobody reads stays `unread`.
    pull: () =>
      new Promise<void>((resolve) => {
        wanted = resolve;
        pump();
      }),
    cancel: () => void (state = 'cancelled'),
  });
  return {
    stream,
    get state() {
      return state;
    },
    push(text) {
      pending.push(text);
      pump();
    },
    end() {
      ended = true;
      pump();
    },
    fail(error) {
      if (state !== 'unread') return;
      state = 'failed';
      controller.error(error);
      wanted?.();
    },
  };
}
