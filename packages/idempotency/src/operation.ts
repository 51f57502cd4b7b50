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
  let making = false as boolean;
  const make = async (): Promise<StoredKey> => {
    making = true;
    made ??= await fresh();
    making = false;
    return { key: made, expires: Date.now() + ttl, ...(digest && { digest }) };
  };
  let key: string;
  let known: string | undefined;
  try {
    const asked = (async () => alive(await store.get(operation)) ?? store.add(operation, await make()))();
    ({ key, digest: known } = await unlessAborted(asked, signal));
  } catch (cause) {
    signal.throwIfAborted();
    // Not of the store: no key could be made.
    if (making) throw cause;
    const failure = `the store of operations failed (${errorCode(cause)})`;
    if (onStoreError === 'refuse')
      throw new IdempotencyError('IDEMPOTENCY_STORE_FAILED', failure, operation, cause);
    note(`${failure}: sent with a fresh key`);
    return (await make()).key;
  }
  if (digest && known && digest !== known) {
    throw new IdempotencyError(
      'IDEMPOTENCY_OPERATION_REUSED',
      `the operation ${JSON.stringify(operation)} was used with another payload`,
      operation,
    );
  }
  if (key !== made) note('the operation has had its key since before');
  return key;
}
