import { errorCode } from '@kyhooks/core/classify';
import { SchemaError } from '@kyhooks/schema';
import { isHTTPError, isTimeoutError } from 'ky';

/**
 * Why a call failed, in words that are the same for every client.
 *
 * @param answered whether good headers had come, so that the body is to blame
 */
export function whyFailed(error: unknown, answered: boolean): string {
  if (isHTTPError(error)) return `status ${error.response.status}`;
  if (isTimeoutError(error)) {
    if ((error as { code?: unknown }).code === 'TOTAL_TIMEOUT') return 'total timeout';
    return answered ? 'body too slow' : 'no headers in time';
  }
  if (error instanceof SchemaError) return whereDrifted(error);
  if (error instanceof SyntaxError) return 'malformed JSON';
  return `${errorCode(error)}${answered ? ' in the body' : ''}`;
}

/** The route that drifted, and where in its answer. */
function whereDrifted({ method, route, kind, issues }: SchemaError): string {
  const paths = [...new Set(issues.map(({ path }) => path || 'the whole'))].join(', ');
  return `drift of ${method} ${route}: ${paths || kind}`;
}
