import {
  type AfterResponseHook,
  type BeforeErrorHook,
  type BeforeErrorState,
  type BeforeRequestHook,
  type Hooks,
  type InitHook,
  isHTTPError,
  type Options as KyOptions,
} from 'ky';
import { errorCode } from './classify.ts';
import { isRequest, isResponse, isRetryMarker } from './is.ts';
import { isLayerKey, pipelineOf } from './pipeline.ts';
import { drop, Run } from './run.ts';
import { hookSend } from './send.ts';
import { answer, settleError } from './settle.ts';
import { trace } from './trace.ts';

const installMark = Symbol.for('kyhooks.install');
const finaliserMark = Symbol.for('kyhooks.finalise');

/**
 * The init hook that every fragment carries, the same function in all of them. It only sees to it that the finaliser
 * runs, once, behind all init hooks: ky walks an array of its own for each call, so what is pushed here is this call's.
 */
export const install: InitHook = /* @__PURE__ */ Object.assign(pushFinaliser, { [installMark]: true });

/** Whether fragments are installed by these init hooks, be it through another copy of this package. */
export function isInstalled(init: readonly InitHook[] | undefined): boolean {
  return !!init?.some((hook) => installMark in hook);
}

function pushFinaliser(ky: KyOptions): void {
  const init = ky.hooks?.init ?? [];
  const last = init.at(-1);
  if (!last) {
    // A hook of the user's has emptied the hooks: those that ky still walks are out of reach.
    ky.hooks = { ...ky.hooks, init: [finalise] };
    finalise(ky);
  }
  // Asked by a mark, so that another copy of this package does not act a second time.
  else if (!(finaliserMark in last)) init.push(finalise);
}

const finalise: InitHook = /* @__PURE__ */ Object.assign(hookIn, { [finaliserMark]: true });

/** Reads the layers of this call and hangs them into ky; a place that no layer occupies stays unhooked. */
function hookIn(ky: KyOptions): void {
  const pipeline = pipelineOf(ky);
  if (pipeline.layers.length === 0) {
    for (const key in ky) if (isLayerKey(key)) delete ky[key as keyof KyOptions];
    return;
  }
  const hooks = { ...ky.hooks };
  ky.hooks = hooks;
  const run = new Run(ky, hooks, (call) => {
    for (const { layer, options } of pipeline.configures) layer.configure!(ky, options, call);
  });
  watchUserHooks(run, hooks);
  hookSend(run);
  for (const hook of pipeline.places) hook(run);
  hookErrors(run, hooks.beforeError ?? []);
}

/** Responses that the user's hooks put in place of the server's belong to this call too. Adds no hook: each costs a clone. */
function watchUserHooks(run: Run, hooks: Hooks): void {
  const { beforeRequest, afterResponse } = hooks;
  if (beforeRequest?.length) {
    hooks.beforeRequest = beforeRequest.map((hook): BeforeRequestHook => async (state) => {
      run.call.sees(state.request);
      // What goes wrong before it is sent is judged too.
      run.request = state.request;
      const result = await guarded(run, () => hook(state));
      if (isResponse(result)) answer(run, result);
      else if (isRequest(result)) run.replaced = true;
      return result;
    });
  }
  if (afterResponse?.length) {
    hooks.afterResponse = afterResponse.map((hook, index): AfterResponseHook => async (state) => {
      trace(state.response, run.call);
      const result = await guarded(run, () => hook(state));
      run.hooksDue = afterResponse.length - index - 1;
      if (isResponse(result)) answer(run, result, run.hooksDue);
      else if (isRetryMarker(result)) {
        // The response at hand is thrown away, whatever was said of it.
        run.answers++;
        run.judge?.forget();
        run.call.phase = 'backoff';
        run.backOff();
        return result;
      }
      if (run.hooksDue === 0) run.whenHooked?.();
      return result;
    });
  }
}

/** What a hook throws and is no Error, ky hands on without a word to `beforeError`. */
async function guarded<Result>(run: Run, hook: () => Result): Promise<Awaited<Result>> {
  try {
    return await hook();
  } catch (error) {
    if (!(error instanceof Error)) settleError(run, error);
    throw error;
  }
}

/** Stands behind every error that ky throws, around the user's own `beforeError` hooks. */
function hookErrors(run: Run, users: readonly BeforeErrorHook[]): void {
  run.beforeError = async (state: BeforeErrorState) => {
    run.failing = true;
    let error = run.name(state.error);
    if (run.call.phase === 'headers') run.fail(run.attempt, error);
    // The headers came; what failed is the body.
    if (run.call.phase === 'body' && run.attempt && !isHTTPError(state.error)) {
      run.attempt.error = errorCode(error);
      // Out of time at the headers, ky does not begin to read, and nobody else will.
      drop(run.answered?.deref());
    }
    try {
      await run.judge?.late(state.error);
      for (const hook of users) {
        const replaced = await hook({ ...state, error });
        if (replaced instanceof Error) error = replaced;
      }
    } catch (thrown) {
      settleError(run, thrown);
      throw thrown;
    }
    settleError(run, error, state.error);
    return error;
  };
  run.hooks.beforeError = [run.beforeError];
}
