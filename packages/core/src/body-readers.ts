/** A part of a body. */
export type Chunk = Uint8Array<ArrayBuffer>;

export type ReaderName = keyof typeof converters;

/** What each reader of a response makes of the bytes. The rest is the platform's own business: types and boundaries. */
export const converters = {
  arrayBuffer: (chunks: readonly Chunk[]): unknown => joined(chunks).buffer,
  blob: (chunks: readonly Chunk[], response: Response): unknown => rebuilt(joined(chunks), response).blob(),
  bytes: (chunks: readonly Chunk[]): unknown => joined(chunks),
  formData: (chunks: readonly Chunk[], response: Response): unknown =>
    rebuilt(joined(chunks), response).formData(),
  json: (chunks: readonly Chunk[]): unknown => JSON.parse(decode(chunks)),
  text: (chunks: readonly Chunk[]): unknown => decode(chunks),
};

/** Made when it is needed first, and once: making one takes longer than a small body. */
let decoder: TextDecoder | undefined;

function decode(chunks: readonly Chunk[]): string {
  return (decoder ??= new TextDecoder()).decode(chunks.length === 1 ? chunks[0] : joined(chunks));
}

/** In a buffer of its own, also where there is one chunk only: its buffer may be somebody else's. */
function joined(chunks: readonly Chunk[]): Chunk {
  const all = new Uint8Array(chunks.reduce((length, { byteLength }) => length + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

function rebuilt(bytes: Chunk, { headers }: Response): Response {
  const type = headers.get('content-type');
  return new Response(bytes, type === null ? {} : { headers: { 'content-type': type } });
}
