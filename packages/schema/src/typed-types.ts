import type {
  HTTPError,
  KyInstance,
  Options as KyOptions,
  ResponsePromise,
  SearchParamsOption,
  StandardSchemaV1,
  StandardSchemaV1InferOutput,
} from 'ky';
import type { Routes } from './contract.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'query';

/** The path templates of a method. */
export type PathOf<All, Name extends string> = keyof All extends infer Key
  ? Key extends `${Uppercase<Name>} ${infer Path}`
    ? Path
    : never
  : never;

/** The contract of a method and template; HEAD goes by that of GET where it has none of its own. */
type ContractOf<
  All,
  Name extends string,
  Path extends string,
> = `${Uppercase<Name>} ${Path}` extends infer Key extends keyof All
  ? All[Key]
  : `GET ${Path}` extends infer Key extends keyof All
    ? All[Key]
    : never;

type ParamName<Path> = Path extends `${infer Segment}/${infer Rest}`
  ? ParamName<Segment> | ParamName<Rest>
  : Path extends `:${infer Name}`
    ? Name
    : Path extends '*'
      ? '*'
      : never;

type Input<Schema> = Schema extends StandardSchemaV1
  ? NonNullable<Schema['~standard']['types']>['input']
  : unknown;

/** Of a schema, or of any of several by media type. */
type Output<Answer> = Answer extends StandardSchemaV1
  ? StandardSchemaV1InferOutput<Answer>
  : { [Type in keyof Answer]: Output<Answer[Type]> }[keyof Answer];

type Text<Key> = Key extends string | number ? `${Key}` : never;

/** What `.json()` gives. */
type SuccessOf<Contract> = Contract extends StandardSchemaV1
  ? Output<Contract>
  : OrUnknown<
      {
        [Key in keyof Contract]: Text<Key> extends `2${string}` ? Output<Contract[Key]> : never;
      }[keyof Contract]
    >;

type OrUnknown<Type> = [Type] extends [never] ? unknown : Type;

/** The error statuses that are registered (IANA, 2026). */
export type ErrorStatus = ClientErrorStatus | ServerErrorStatus;
type ClientErrorStatus =
  | 400
  | 401
  | 402
  | 403
  | 404
  | 405
  | 406
  | 407
  | 408
  | 409
  | 410
  | 411
  | 412
  | 413
  | 414
  | 415
  | 416
  | 417
  | 421
  | 422
  | 423
  | 424
  | 425
  | 426
  | 428
  | 429
  | 431
  | 451;
type ServerErrorStatus = 500 | 501 | 502 | 503 | 504 | 505 | 506 | 507 | 508 | 511;

type InRanges<Named> =
  | ('4XX' extends Named ? ClientErrorStatus : never)
  | ('5XX' extends Named ? ServerErrorStatus : never);

/** The statuses that a key of a contract speaks of. */
type StatusesOf<Key, Named> = Key extends number
  ? Text<Key> extends `2${string}`
    ? never
    : Key
  : Key extends '4XX'
    ? Exclude<ClientErrorStatus, Named>
    : Key extends '5XX'
      ? Exclude<ServerErrorStatus, Named>
      : Key extends '3XX'
        ? Exclude<300 | 304, Named>
        : Key extends 'default'
          ? Exclude<ErrorStatus, Named | InRanges<Named>>
          : never;

/** The error answers of a contract, told apart by `status`. */
type ProblemOf<Contract> = Contract extends StandardSchemaV1
  ? never
  : {
      [Key in keyof Contract]: [StatusesOf<Key, keyof Contract>] extends [never]
        ? never
        : Problem<StatusesOf<Key, keyof Contract>, Output<Contract[Key]>>;
    }[keyof Contract];

/** An error answer that keeps its contract. */
export interface Problem<Status, Data> {
  readonly status: Status;
  readonly data: Data;
  readonly error: HTTPError<Data>;
}

type Needed<Name extends string, Type> = undefined extends Type
  ? { readonly [Key in Name]?: Type }
  : { readonly [Key in Name]: Type };

type ParamsPart<Path> = [ParamName<Path>] extends [never]
  ? { readonly params?: Record<string, never> }
  : { readonly params: { readonly [Name in ParamName<Path>]: string | number } };

type BodyPart<Contract> = Contract extends { readonly body: infer Body }
  ? Needed<'json', Input<Body>>
  : { readonly json?: unknown; readonly body?: KyOptions['body'] };

type SearchPart<Contract> = Contract extends { readonly search: infer Search }
  ? Record<never, never> extends Input<Search>
    ? { readonly searchParams?: Input<Search> }
    : Needed<'searchParams', Input<Search>>
  : { readonly searchParams?: SearchParamsOption };

/** ky's options that no contract speaks of: an interface, which the compiler makes once. */
interface CommonOptions extends Omit<KyOptions, 'method' | 'json' | 'body' | 'searchParams'> {}

/** What the route asks for. */
type OwnOptions<Contract, Path> = ParamsPart<Path> & BodyPart<Contract> & SearchPart<Contract>;

type Arguments<Own> =
  Record<never, never> extends Own ? [options?: CommonOptions & Own] : [options: CommonOptions & Own];

type Call<All, Name extends Method> = <Path extends Paths<All, Name>>(
  path: Path,
  ...options: Arguments<OwnOptions<ContractOf<All, Name, Path>, Path>>
) => ResponsePromise<Name extends 'head' ? unknown : SuccessOf<ContractOf<All, Name, Path>>>;

type Paths<All, Name extends string> = Name extends 'head' ? PathOf<All, 'HEAD' | 'GET'> : PathOf<All, Name>;

/** A ky instance that knows its routes. */
export type TypedKy<All extends Routes> = { readonly [Name in Method]: Call<All, Name> } & {
  /** The ky instance underneath, with the layer installed. */
  readonly ky: KyInstance;
  /** As `ky.extend()`; the routes stay. */
  extend(options: KyOptions): TypedKy<All>;
  /**
   * An error as the contract of a route knows it, told apart by `status`. `undefined` for an error of another route,
   * for none of ky's, and where the data did not keep its contract.
   */
  problem<Name extends keyof All>(error: unknown, route: Name): ProblemOf<All[Name]> | undefined;
};
