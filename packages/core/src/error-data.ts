import { startTimer } from './timers.ts';

/** ky reads no more of an error's body. */
const maxBytes = 10 * 1024 * 1024;
/** ky waits no longer for it. */
const maxMs = 10_000;

/**
 * The body of an error as ky hands it on in `HTTPError.data`: JSON by its media type, parsed as the user has it parsed,
 * else text; bounded.
 */
export async function readErrorData(
  response: Response,
  parse: (text: string) => unknown = JSON.parse,
): Promise<unknown> {
  const reader = response.body?.getReader();
  if (!reader) return undefined;
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  let late = false;
  let stop: (() => void) | undefined;
  const tooLate = new Promise<void>((resolve) => {
    stop = startTimer(maxMs, () => {
      late = true;
      resolve();
      void reader.cancel();
    });
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
    const [type] = (response.headers.get('content-type') ?? '').split(';', 1);
    const isJson = type!.includes('/') && /[/.+-]json$/i.test(type!.trimEnd());
    return isJson && text ? await Promise.race([parse(text), tooLate]) : text || undefined;
  } catch {
    return undefined;
  } finally {
    stop?.();
  }
}
