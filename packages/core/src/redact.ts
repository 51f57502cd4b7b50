const redacted = 'REDACTED';

/**
 * Query keys whose values sign a request: the union of the lists in the OpenTelemetry HTTP conventions (v1.41 to
 * v1.44). Case-sensitive, as there.
 */
export const signatureKeys: readonly string[] = [
  'AWSAccessKeyId',
  'Signature',
  'sig',
  'X-Goog-Signature',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
];

/**
 * Hides the secrets of a URL: credentials become `REDACTED:REDACTED@`, the values of signing keys in the query become
 * `REDACTED`. All other bytes stay as they are.
 *
 * It knows keys, not meanings: a secret under another name passes, so name it in `keys`, which replaces the list.
 */
export function redactUrl(url: string, keys: readonly string[] = signatureKeys): string {
  const [, scheme, rest = ''] = /^([a-z][a-z\d+.-]*:\/\/)?(?:[^/?#]*@)?(.*)$/is.exec(url)!;
  const credentials = scheme !== undefined && scheme.length + rest.length < url.length;
  const safe = credentials ? `${scheme}${redacted}:${redacted}@${rest}` : url;
  // A key without a value is matched too, or many question marks would take a time that grows with their square.
  return safe.replace(/([?&])([^=&#]*)(=[^&#]*)?/g, (pair, separator: string, key: string, value?: string) =>
    value !== undefined && keys.includes(key) ? `${separator}${key}=${redacted}` : pair,
  );
}
