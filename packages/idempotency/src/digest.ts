import type { Options as KyOptions } from 'ky';

/**
 * SHA-256 of method, URL and body, in hex; `undefined` where the body is a stream, or may be one (a Request does not
 * tell), or where the page is not a secure context, which has no `crypto.subtle`.
 */
export async function digestOf(
  request: Request,
  { body }: Pick<KyOptions, 'body'>,
): Promise<string | undefined> {
  if (!crypto.subtle || (request.body && !isWhole(body))) return undefined;
  const content = new Uint8Array(await request.clone().arrayBuffer());
  // The boundary of a form is random: it differs where the payload does not.
  const [, boundary] =
    /^multipart\/form-data;.*boundary="?([^";]+)/i.exec(request.headers.get('content-type') ?? '') ?? [];
  const bytes = boundary ? encode(latin1(content).replaceAll(boundary, '')) : content;
  const head = encode(`${request.method} ${request.url}\n`);
  const all = new Uint8Array(head.length + bytes.length);
  all.set(head);
  all.set(bytes, head.length);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether a body is at hand as a whole, to be read as often as one likes. */
function isWhole(body: KyOptions['body']): boolean {
  return (
    typeof body === 'string' ||
    body instanceof URLSearchParams ||
    body instanceof FormData ||
    body instanceof Blob ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body)
  );
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Every byte as one character. */
function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}
