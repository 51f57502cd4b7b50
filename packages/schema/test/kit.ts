import { onSettled, type CallRecord } from '@kyhooks/core';
import ky, { type KyInstance, type Options, type StandardSchemaV1 } from 'ky';
import * as v from 'valibot';
import type { SchemaError } from '../src/index.ts';

/** What the server answers in a test. */
export interface Answered {
  readonly status?: number;
  /** Sent as it is; where not given, `json` is sent as JSON. */
  readonly body?: BodyInit | null;
  readonly json?: unknown;
  /** `null` for none. */
  readonly type?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client whose server answers so, in turn; the last answer stands. */
export function client(...answers: Answered[]): KyInstance & {
  readonly requests: Request[];
  readonly records: CallRecord[];
  /** Bodies. */ readonly sent: string[];
} {
  const requests: Request[] = [];
  const records: CallRecord[] = [];
  const sent: string[] = [];
  const options: Options = {
    baseUrl: 'https://api.test/',
    retry: { limit: 0 },
    fetch: async (input) => {
      requests.push(input as Request);
      sent.push(await (input as Request).clone().text());
      return respond(answers[Math.min(requests.length, answers.length) - 1] ?? {});
    },
  };
  return Object.assign(ky.create(options).extend(onSettled((record) => void records.push(record))), {
    requests,
    records,
    sent,
  });
}

function respond({ status = 200, body, json, type = 'application/json', headers }: Answered): Response {
  const none = [204, 205, 304].includes(status);
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const response = new Response(none ? null : body === undefined ? JSON.stringify(json) : bytes, {
    status,
    headers: { ...(type !== null && { 'content-type': type }), ...headers },
  });
  if (type === null) response.headers.delete('content-type');
  return response;
}

/** What a call ended with: an error with what it tells, or `noError` with the value. */
export type Outcome = Error & Partial<SchemaError> & { readonly noError?: unknown; readonly data?: unknown };

export async function errorOf(promise: PromiseLike<unknown>): Promise<Outcome> {
  try {
    return { noError: await promise } as unknown as Outcome;
  } catch (error) {
    return error as Outcome;
  }
}

export const User: v.ObjectSchema<
  { id: v.NumberSchema<undefined>; name: v.StringSchema<undefined> },
  undefined
> = v.object({ id: v.number(), name: v.string() });
export const user: v.InferOutput<typeof User> = { id: 1, name: 'Ada' };

type Check = (value: unknown) => string | undefined;

/** A schema by hand; the function-shaped one is one too. */
export function schemaOf(
  validate: (value: unknown) => ReturnType<StandardSchemaV1['~standard']['validate']>,
  shape: 'object' | 'function' = 'object',
): StandardSchemaV1 {
  const standard = { version: 1 as const, vendor: 'by hand', validate };
  if (shape === 'object') return { '~standard': standard };
  return Object.assign(() => undefined, { '~standard': standard });
}

export const isUser: Check = (value) =>
  typeof (value as { id?: unknown } | null)?.id === 'number' ? undefined : 'no user';
