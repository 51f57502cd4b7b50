import { type Pass, unlessAborted } from '@kyhooks/core';
import { errorCode } from '@kyhooks/core/classify';
import { digestOf } from './digest.ts';
import { IdempotencyError } from './errors.ts';
import { alive, type IdempotencyStore, type KeepOptions, type StoredKey } from './stored-key.ts';

/** The key of an operation: the one that it has, else a fresh one, which it has from now on. */
export async function keyOfOperation(
  store: IdempotencyStore,
  operation: string,
  { call, request, signal, ky }: Pass,
  { ttl, onStoreError }: KeepOptions,
  fresh: () => Promise<string>,
): Promise<string> {
  const note = (reason: string): void => call.decide('idempotency', 'note', reason);
  const digest = await digestOf(request, ky);
  if (!digest) note('the payload of the operation is not compared: its body cannot be read beforehand');
  let made: string | undefined;
  const make = async (): Promise<StoredKey> => {
    made ??= await fresh();
    return { key: made, expires: Date.now() + ttl, ...(digest && { digest }) };
  };
  let entry: StoredKey;
  try {
    const asked = (async () => alive(await store.get(operation)) ?? store.add(operation, await make()))();
    entry = await unlessAborted(asked, signal);
  } catch (cause) {
    if (signal.aborted || cause instanceof IdempotencyError) throw cause;
    const failure = `the store of operations failed (${errorCode(cause)})`;
    if (onStoreError === 'refuse')
      throw new IdempotencyError('IDEMPOTENCY_STORE_FAILED', failure, operation, cause);
    note(`${failure}: sent with a fresh key`);
    return (await make()).key;
  }
  if (digest && entry.digest && digest !== entry.digest) {
    throw new IdempotencyError(
      'IDEMPOTENCY_OPERATION_REUSED',
      `the operation ${JSON.stringify(operation)} was used with another payload`,
      operation,
    );
  }
  if (entry.key !== made) note('the operation has had its key since before');
  return entry.key;
}
