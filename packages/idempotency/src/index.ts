export {
  IdempotencyError,
  IdempotencyHTTPError,
  isIdempotencyError,
  type IdempotencyErrorCode,
  type IdempotencyHTTPErrorCode,
} from './errors.ts';
export { idempotency } from './idempotency.ts';
export type { KeyFormat } from './key.ts';
export { idempotencyDefaults, type IdempotencyOptions } from './options.ts';
export type { PresetName } from './presets.ts';
export type { IdempotencyStore, KeepOptions, OperationStore, StoredKey } from './stored-key.ts';
