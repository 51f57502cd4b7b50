import type { Options } from 'ky';

/** A response, an error of the network, or nothing for as long as the caller waits. */
export type Reply = Response | Error | 'hang';

export interface ScriptedWire {
  /** For `client.extend({ fetch: wire.fetch })`. */
  readonly fetch: NonNullable<Options['fetch']>;
  /** The requests, as they were sent. */
  readonly sent: readonly Request[];
}

/** A network that gives these replies, one for each request. */
export function scriptedWire(...replies: Reply[]): ScriptedWire {
  const sent: Request[] = [];
  return {
    sent,
    async fetch(input, init) {
      const request = new Request(input, init);
      // What is put on for the time on the wire, such as a token, is taken off again.
      sent.push(request.clone());
      const reply = replies.shift();
      if (reply === undefined) throw new Error(`No reply is left for ${request.method} ${request.url}`);
      if (reply instanceof Error) throw reply;
      if (reply === 'hang') return hang(request.signal);
      return reply;
    },
  };
}

/** What `fetch` throws when the connection breaks. */
export function connectionLost(): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('read'), { code: 'ECONNRESET' }) });
}

function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}
