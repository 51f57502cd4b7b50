interface ErrorLike {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/**
 * The short name of what failed, for records, reasons and telemetry: the first string `code` on the error, its causes
 * or (happy eyeballs) their `errors`, such as `ECONNRESET` or `UND_ERR_SOCKET`; without one, the innermost `name`, such
 * as `TypeError`; for a value that is no error its type.
 */
export function errorCode(error: unknown): string {
  let name: string = typeof error;
  // Bounded, because a cause can point back at its own error.
  for (let depth = 0, at = error; depth < 8 && typeof at === 'object' && at !== null; depth++) {
    const { code, cause, errors, name: own } = at as ErrorLike;
    if (typeof code === 'string' && code !== '') return code;
    if (typeof own === 'string' && own !== '') name = own;
    at = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return name;
}

/** Faults of the caller or of trust, which no second try mends: TLS, certificates, bad URLs, misuse of the client. */
const permanent =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|ERR_INVALID_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|UND_ERR_(?:INVALID|NOT_SUPPORTED|REQ_))/;
/** Codes of a connection that could not be made or broke: the system's (errno), the resolver's, undici's. */
const transient =
  /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENET|EHOST|HPE_|UND_ERR_(?:SOCKET|CONNECT|HEADERS_TIMEOUT|BODY_TIMEOUT|CLOSED|DESTROYED|RES_))/;

/**
 * Whether a failure is the network's and may pass: an error that ky takes for a network error, unless its code says
 * that a second try cannot help, or any error with a code of a broken connection.
 */
export function isTransient(error: Error): boolean {
  const code = errorCode(error);
  return transient.test(code) || (error.name === 'NetworkError' && !permanent.test(code));
}
