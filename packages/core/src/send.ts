import { isLayerKey } from './pipeline.ts';
import { drop, type Run } from './run.ts';
import { answer, fail } from './settle.ts';

/** Wraps the `fetch` of this call, also one that an init hook of the user's has put there. */
export function hookSend(run: Run): void {
  run.ky.fetch = (request, init) => send(run, request as Request, withoutLayers(init));
}

/** One attempt on the wire. */
async function send(run: Run, request: Request, init: RequestInit): Promise<Response> {
  const { call } = run;
  const attempt = run.pass(request);
  if (run.enter) attempt.gateMs = call.elapsedMs - attempt.startMs;
  call.phase = 'headers';
  let response: Response;
  try {
    response = await (run.onion ? run.onion(run, attempt, request, init) : run.fetch(request, init));
  } catch (error) {
    fail(run, attempt, error);
    throw error;
  }
  if (attempt.over) {
    // ky has given up on this attempt: nobody will read what came too late.
    drop(response);
    return response;
  }
  attempt.status = response.status;
  attempt.headersMs = call.elapsedMs - attempt.startMs - attempt.gateMs;
  attempt.end();
  if (run.judge && !response.ok) {
    await run.judge.answer(response, request);
    // ky's clock ran on while the layers were asked, and has ended this attempt.
    if (call.outcome || run.attempt !== attempt || attempt.error !== undefined) {
      drop(response);
      return response;
    }
  }
  return answer(run, response);
}

/** ky hands every option it does not know to `fetch`; ours are none of its business. */
function withoutLayers(init: RequestInit = {}): RequestInit {
  const rest: Record<string, unknown> = {};
  for (const key in init) if (!isLayerKey(key)) rest[key] = init[key as keyof RequestInit];
  return rest;
}
