import { type BodyEnd, Ending, type Mark, type Watch } from './body-ending.ts';
import { type Chunk, converters, type ReaderName } from './body-readers.ts';

export type { BodyEnd } from './body-ending.ts';

/** What is told of a body while it is read. */
export interface BodyListener {
  /** A read waits for the next bytes. What it gives is called when the wait is over, whatever the way. */
  readonly waits?: () => (() => void) | undefined;
  /** Bytes have come: so many, and so many in all to whoever reads, be it a clone. What it throws breaks the body. */
  readonly bytes?: (count: number, total: number) => void;
  /**
   * Told once, when the body and all its clones have ended: `ok` is a body read to its end, or none at all; `unread` one
   * that was dropped and collected.
   */
  readonly ended?: (end: BodyEnd, error?: unknown) => void;
}

/** A body that is listened to. */
export interface BodyTap {
  /** Ends every read of the body with this error, and the transfer with it. */
  breakOff(error: unknown): void;
}

/**
 * Listens to a body without touching it: the response stays the same object, so `url`, `redirected`, `type` and
 * `clone()` stay true, and nothing is read that the caller does not read. Clones are listened to as well. A response
 * listened to twice is tapped once.
 */
export function tapBody(response: Response, listener: BodyListener): BodyTap {
  const tap = (response as Partial<Tapped>)[branchKey]?.tap ?? openTap(response);
  const { waits, bytes, ended } = listener;
  if (waits ?? bytes) tap.listeners.push(listener);
  if (ended) {
    const { ending } = tap;
    ending.listeners.push(ended);
    if (ending.over) ended(ending.how, ending.error);
    else if ((response as Partial<Tapped>)[branchKey]) watchCollector(response);
  }
  return tap;
}

type Body = ReadableStream<Chunk>;
type Reader = ReadableStreamDefaultReader<Chunk>;

/** Where the bytes of one branch come from. It does not hold the response, which could not be collected then. */
interface Source {
  /** Stands for the branch where the body itself must not be held: its stream may lead to a reader's response. */
  readonly mark: Mark;
  body: Body;
  reader?: Reader;
  /** Bytes read. */
  total: number;
}

/** One body with all its branches: the original and its clones. */
class Tap implements BodyTap {
  readonly ending = new Ending();
  readonly sources: Source[] = [];
  /** Who wants to hear of more than the end. */
  readonly listeners: BodyListener[] = [];
  /** What every read fails with. */
  broken: { readonly error: unknown } | undefined;

  get watched(): boolean {
    return this.broken !== undefined || this.listeners.length > 0;
  }

  begin(source: Source): void {
    this.sources.push(source);
    this.ending.begin();
  }

  /** A read begins to wait; what this gives ends the wait. */
  waits(): (() => void) | undefined {
    if (this.listeners.length === 1) return this.listeners[0]!.waits?.();
    const overs = this.listeners.map((listener) => listener.waits?.());
    return () => {
      for (const over of overs) over?.();
    };
  }

  end(source: Source, how: BodyEnd, error?: unknown): void {
    this.ending.end(source.mark, how, error);
  }

  throwIfBroken(): void {
    if (this.broken) throw this.broken.error;
  }

  breakOff(error: unknown): void {
    if (this.broken) return;
    this.broken = { error };
    for (const source of this.sources) {
      const { reader, body, mark } = source;
      if (mark.ended || (!reader && body.locked)) continue;
      void ignore((reader ?? body).cancel(error));
      this.end(source, 'failed', error);
    }
  }
}

/** A transfer that cannot be cancelled has ended already. */
async function ignore(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch {
    // What broke it is known.
  }
}

interface Branch {
  readonly tap: Tap;
  /** The prototype that the response had. */
  readonly native: Response;
  readonly source: Source;
  /** What the caller reads. */
  stream?: Body;
  /** A reader of the response is at it, or was. */
  isRead?: true;
}

/** The streams handed out: a response made around one is the same body. */
const handedOut = new WeakMap<object, Tap>();

/** Where a response keeps its branch, seen by nobody. A WeakMap costs several times as much, in the collector. */
const branchKey = Symbol('kyhooks.body');

type Tapped = Response & { readonly [branchKey]: Branch };

function openTap(response: Response): Tap {
  const { body } = response;
  const known = body && handedOut.get(body);
  if (known) return known;
  const tap = new Tap();
  // What is no stream of the platform's, or cannot be extended, is not listened to.
  if (typeof body?.getReader === 'function' && Object.isExtensible(response)) openBranch(response, tap);
  return tap;
}

function openBranch(response: Response, tap: Tap): void {
  const native = Object.getPrototypeOf(response) as Response;
  const source: Source = { mark: { ended: false }, body: response.body as Body, total: 0 };
  Object.defineProperty(response, branchKey, { value: { tap, native, source } satisfies Branch });
  tap.begin(source);
  Object.setPrototypeOf(response, tappedPrototype(native));
}

function branchOf(response: Response): Branch {
  return (response as Tapped)[branchKey];
}

let collector: FinalizationRegistry<() => void> | undefined;

function watchCollector(response: Response): void {
  const { tap, source } = branchOf(response);
  collector ??= new FinalizationRegistry((dropped) => dropped());
  collector.register(response, droppedBranch(tap.ending.watch, source.mark));
}

/** Made in a scope of its own, which holds no response. */
function droppedBranch(watch: Watch, mark: Mark): () => void {
  return () => watch.ending?.end(mark, 'unread');
}

const prototypes = new WeakMap<object, object>();

/** The response's own prototype with the members on top that read; one for all responses of a kind, which costs each next to nothing. */
function tappedPrototype(native: Response): object {
  let tapped = prototypes.get(native);
  if (!tapped) {
    tapped = Object.create(native, {
      body: { configurable: true, get: getBody },
      clone: { configurable: true, writable: true, value: clone },
    }) as object;
    for (const name of Object.keys(converters)) {
      if (name in native)
        Object.defineProperty(tapped, name, {
          configurable: true,
          writable: true,
          value: reading(name as ReaderName),
        });
    }
    prototypes.set(native, tapped);
  }
  return tapped;
}

function isBusy(response: Response): boolean {
  const { source, stream } = branchOf(response);
  return response.bodyUsed || source.body.locked || stream?.locked === true;
}

function getBody(this: Response): Body {
  const branch = branchOf(this);
  if (branch.stream) return branch.stream;
  // As on the platform it is locked then.
  if (branch.isRead) return branch.source.body;
  branch.stream = streamOf(this, branch);
  handedOut.set(branch.stream, branch.tap);
  return branch.stream;
}

function clone(this: Response): Response {
  if (isBusy(this)) throw new TypeError('Response.clone: the body is locked or has been read');
  const { native, tap, source } = branchOf(this);
  const copy = native.clone.call(this);
  // To clone a body is to give it a new one.
  source.body = Reflect.get(native, 'body', this) as Body;
  openBranch(copy, tap);
  if (tap.ending.listeners.length > 0) watchCollector(copy);
  return copy;
}

function reading(name: ReaderName): (this: Response) => Promise<unknown> {
  return async function read(this: Response): Promise<unknown> {
    const branch = branchOf(this);
    const { native, tap, source, stream } = branch;
    if (tap.broken && !branch.isRead) throw tap.broken.error;
    // A second read fails and ends nothing.
    if (isBusy(this)) {
      if (stream?.locked) throw new TypeError('The body is locked');
      return native[name].call(this);
    }
    // As on the platform, nobody else may read or cancel it from here on.
    branch.isRead = true;
    stream?.getReader();
    if (tap.watched) return converters[name](await readAll(tap, source), this);
    try {
      const value: unknown = await native[name].call(this);
      tap.end(source, 'ok');
      return value;
    } catch (error) {
      // What does not parse was read all the same.
      tap.end(source, error instanceof SyntaxError ? 'ok' : 'failed', error);
      throw error;
    }
  };
}

async function readAll(tap: Tap, source: Source): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = [];
  for (;;) {
    const { done, value } = await step(tap, source);
    if (done) return chunks;
    chunks.push(value);
  }
}

/** Reads the next chunk, and tells who listens. */
async function step(tap: Tap, source: Source): Promise<ReadableStreamReadResult<Chunk>> {
  try {
    tap.throwIfBroken();
    source.reader ??= source.body.getReader();
    const over = tap.waits();
    let result: ReadableStreamReadResult<Chunk>;
    try {
      result = await source.reader.read();
    } finally {
      over?.();
    }
    tap.throwIfBroken();
    if (result.done) tap.end(source, 'ok');
    else {
      // As the platform's readers do.
      if (!isBytes(result.value)) throw new TypeError('A body must consist of Uint8Arrays');
      const { byteLength } = result.value;
      source.total += byteLength;
      for (const { bytes } of tap.listeners) bytes?.(byteLength, source.total);
    }
    return result;
  } catch (error) {
    tap.breakOff(error);
    tap.end(source, 'failed', error);
    throw error;
  }
}

/** By its tag: a body of another realm, such as a frame's, consists of that realm's bytes. */
function isBytes(value: unknown): boolean {
  return (
    (value as { [Symbol.toStringTag]?: unknown } | null | undefined)?.[Symbol.toStringTag] === 'Uint8Array'
  );
}

/** The body as a stream that is listened to. It pulls only when it is pulled, and locks the body only then. */
function streamOf(response: Response, { tap, source }: Branch): Body {
  const underlying = {
    // Who holds the stream holds the response: it is not unread.
    response,
    async pull(controller: ReadableByteStreamController | ReadableStreamDefaultController<unknown>) {
      const { done, value } = await step(tap, source);
      if (!done) return controller.enqueue(value);
      controller.close();
      if ('byobRequest' in controller) controller.byobRequest?.respond(0);
    },
    async cancel(reason: unknown) {
      tap.end(source, 'cancelled');
      await (source.reader ?? source.body).cancel(reason);
    },
  };
  // A byte stream hands out BYOB readers; it also transfers its chunks, which only a byte stream does not share.
  return isByteStream(source.body)
    ? new ReadableStream({ ...underlying, type: 'bytes' })
    : new ReadableStream<Chunk>(underlying, { highWaterMark: 0 });
}

function isByteStream(stream: Body): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}
