/** What a scripted server answers. */
export interface Reply {
  /** 200 where not given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: string;
  /** Breaks the connection instead of answering. */
  readonly error?: unknown;
  /** Never answers. */
  readonly hang?: boolean;
  /** Answers after so many milliseconds. */
  readonly afterMs?: number;
  /** Sends the headers and the body's first half, and then nothing. */
  readonly stall?: boolean;
}

/** A network error as Node's fetch throws it. */
export function networkError(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}
