interface ErrorLike {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly message?: unknown;
  readonly syscall?: unknown;
}

/** The words of a bare `Error` within, for what Node's fetch refuses by itself. */
const refusal = /^[a-z]+( [a-z]+){1,3}$/;

/**
 * The short name of what failed, for records, reasons and telemetry: the first string `code` on the error, its causes
 * or (happy eyeballs) their `errors`, such as `ECONNRESET` or `UND_ERR_SOCKET`; for what Node's fetch refuses by itself
 * its words, such as `redirect count exceeded`; without one, the innermost `name`, such as `TypeError`; for a value that
 * is no error its type.
 */
export function errorCode(error: unknown): string {
  let name: string = typeof error;
  let ofFetch = false;
  try {
    // Bounded, because a cause can point back at its own error.
    for (let depth = 0, at = error; depth < 8 && typeof at === 'object' && at !== null; depth++) {
      const { code, cause, errors, name: own, message } = at as ErrorLike;
      if (typeof code === 'string' && code !== '') return code;
      if (ofFetch && refusal.test(message as string)) return message as string;
      ofFetch = message === 'fetch failed';
      if (typeof own === 'string' && own !== '') name = own;
      at = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
    }
  } catch {
    // It throws when it is looked at: no more is known of it.
  }
  return name;
}

/** Faults of the caller or of trust, which no second try mends: TLS, certificates, bad URLs, misuse of the client, what fetch refuses. */
const permanent =
  / |^(?:CERT_|CRL_|EPROTO|ERR_(?:TLS|SSL|INVALID)_|ERROR_IN_|INVALID_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|UND_ERR_(?:INVALID|NOT_SUPPORTED|REQ_|HEADERS_OVERFLOW|RES_EXCEEDED|PRX_TLS))/;
/** Codes of a connection that could not be made or broke: the system's (errno), the resolver's, undici's, HTTP/2's. */
const transient =
  /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENET|EHOST|HPE_|ERR_HTTP2_|UND_ERR_(?:SOCKET|CONNECT|HEADERS_TIMEOUT|BODY_TIMEOUT|CLOSED|DESTROYED|INFO|RES_))/;
/** Of those, codes of a request that never left. A client that is destroyed takes requests under way with it: not here. */
const unsent =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_|ENET(?:UNREACH|DOWN)|EHOST(?:UNREACH|DOWN)|UND_ERR_(?:CONNECT_TIMEOUT|CLOSED)|ERR_HTTP2_(?:GOAWAY_SESSION|INVALID_SESSION))/;

/**
 * Whether a failure is the network's and may pass: an error that ky takes for a network error, unless its code says
 * that a second try cannot help, or any error with a code of a broken connection.
 */
export function isTransient(error: Error): boolean {
  const code = errorCode(error);
  if (permanent.test(code)) return false;
  // What Node's fetch refuses in words of its own is a bare `Error` within.
  return transient.test(code) || (error.name === 'NetworkError' && code !== 'Error');
}

/**
 * Whether the server surely has not acted on a request that failed with this error, so that sending it again repeats
 * nothing: no connection was made, or HTTP/2 says so (REFUSED_STREAM; RFC 9113, section 8.7). `false` for a connection
 * that broke on the way, for a timeout, and wherever nothing is known, as in browsers.
 */
export function isUnprocessed(error: unknown): boolean {
  for (let depth = 0, at = error; depth < 8 && typeof at === 'object' && at !== null; depth++) {
    const { code, cause, errors, message, syscall } = at as ErrorLike;
    // Several addresses were tried, and none could be connected to.
    if (Array.isArray(errors) && errors.length > 0) return errors.every(isUnprocessed);
    if (typeof syscall === 'string') return syscall === 'connect' || syscall === 'getaddrinfo';
    if (typeof code === 'string' && code !== '')
      return unsent.test(code) || (typeof message === 'string' && message.includes('NGHTTP2_REFUSED_STREAM'));
    at = cause;
  }
  return false;
}
