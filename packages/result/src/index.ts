export { fanOut } from './fan-out.ts';
export type { FanOut, FanOutContext, FanOutEnd } from './fan-out.ts';
export type { FanOutItem, FanOutResult } from './item.ts';
export { fanOutDefaults, type FanOutOptions } from './options.ts';
export { cursor, link, pageNumber, type NextPage, type Page } from './pages.ts';
export { paginate, type PaginateOptions } from './paginate.ts';
export type { FanOutProgress } from './progress.ts';
export { result, type Bodies, type ResultOptions } from './result.ts';
export type {
  Failure,
  FailureKind,
  HttpFailure,
  OtherFailure,
  Result,
  SchemaFailure,
  Success,
} from './types.ts';
