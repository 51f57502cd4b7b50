import type { DriftKind } from './errors.ts';

/** What a text is that does not parse as JSON. */
export function whyNoJson(text: string): DriftKind {
  // What cannot be decoded has become U+FFFD, each byte of a UTF-16 byte order mark too.
  if (text.startsWith('\uFFFD') || text.includes('\0')) return 'encoding';
  return endsWithin(text) ? 'truncated' : 'malformed';
}

/** Whether a text begins as JSON and ends within a string, an object or an array. */
function endsWithin(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quoted) {
      if (char === '\\') at++;
      else quoted = char !== '"';
    } else if (char === '"') quoted = true;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
  }
  return (quoted || depth > 0) && /^\s*["[{]/.test(text);
}
