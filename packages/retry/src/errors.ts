import { hasCode } from '@kyhooks/core';
import { KyError } from 'ky';

/** With `malformedBody`: an answer that should have been JSON and was not, with no retry left. Its cause is the parser's. */
export class MalformedBodyError extends KyError {
  override readonly name = 'MalformedBodyError';
  readonly code = 'MALFORMED_BODY';
  readonly request: Request;
  /** The answer, with the body as it came. */
  readonly response: Response;

  constructor(request: Request, response: Response, cause: unknown) {
    super('The body of the response is not valid JSON', { cause });
    this.request = request;
    this.response = response;
  }
}

/** Whether the value is a {@link MalformedBodyError}, also one made by another copy of this package. */
export function isMalformedBodyError(value: unknown): value is MalformedBodyError {
  return hasCode(value, 'MALFORMED_BODY');
}
