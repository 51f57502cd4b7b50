import { startTimer } from './timers.ts';

/** ky reads no more of an error's body. */
const maxBytes = 10 * 1024 * 1024;
/** ky waits no longer for it. */
const maxMs = 10_000;

/** The body of an error as ky hands it on in `HTTPError.data`: JSON by its media type, else text; bounded. */
export async function readErrorData(response: Response): Promise<unknown> {
  const reader = response.body?.getReader();
  if (!reader) return undefined;
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  let late = false;
  const stop = startTimer(maxMs, () => {
    late = true;
    void reader.cancel();
  });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        await reader.cancel();
        return undefined;
      }
      text += decoder.decode(value, { stream: true });
    }
    if (late) return undefined;
    text += decoder.decode();
    const json = /\/(?:.*[.+-])?json\s*(?:;|$)/i.test(response.headers.get('content-type') ?? '');
    return json && text ? JSON.parse(text) : text || undefined;
  } catch {
    return undefined;
  } finally {
    stop();
  }
}
