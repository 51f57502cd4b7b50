/**
 * How a key stands in its header: as it is, or as the quoted string that the IETF draft asks for
 * (draft-ietf-httpapi-idempotency-key-header-07, section 2.1; RFC 9651, section 3.3.3).
 */
export type KeyFormat = 'raw' | 'quoted';

/** A random UUID, version 4; as many random digits where a page is not a secure context, which has no `randomUUID`. */
export function randomKey(): string {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), twoDigits).join('');
}

function twoDigits(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** What a header carries unchanged: visible ASCII, and without quotes no quote, backslash or space either. */
export const characters: Readonly<Record<KeyFormat, RegExp>> = {
  raw: /^[!#-[\]-~]+$/,
  quoted: /^[ -~]+$/,
};

/** The key as it stands in the header. */
export function written(key: string, format: KeyFormat): string {
  return format === 'quoted' ? `"${key.replace(/["\\]/g, '\\$&')}"` : key;
}

/** The key that stands in a header; `undefined` where it is not written in this format. */
export function read(value: string, format: KeyFormat): string | undefined {
  if (format === 'raw') return value;
  const [, quoted] = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value) ?? [];
  return quoted?.replace(/\\(.)/g, '$1');
}
