import { type Call, type Pass, trace, unlessAborted } from '@kyhooks/core';
import { tapBody } from '@kyhooks/core/body-tap';
import { pathBelow } from '@kyhooks/core/route';
import type { Options as KyOptions, StandardSchemaV1 } from 'ky';
import { accepted } from './accepted.ts';
import { answerOf, contractsOf, essence, type Route, schemaFor } from './contract.ts';
import { type DriftDetails, SchemaError } from './errors.ts';
import { describeIssues, dotPath } from './issues.ts';
import type { Settings } from './options.ts';
import { ownSearch, searchOf } from './search.ts';
import { unknownKeys } from './unknown-keys.ts';
import { andThen, validate, type Validated } from './validate.ts';
import { whyNoJson } from './why-no-json.ts';

type ParseJson = NonNullable<KyOptions['parseJson']>;
type ParseContext = Parameters<ParseJson>[1];

/** What is told of a departure beside the route. */
type Told = Pick<DriftDetails, 'kind'> & Partial<DriftDetails>;

/** One call and its contract. */
export class Exchange {
  readonly #ky: KyOptions;
  readonly #settings: Settings;
  readonly #call: Call;
  /** The user's own parser. */
  readonly #parseJson: ParseJson | undefined;
  /** What parses where there is a contract. */
  readonly #checked: ParseJson | undefined;
  #method = '';
  #route: Route | undefined;
  /** The text told of last, of this answer: a hook may have read a clone of it. */
  #told: string | undefined;

  constructor(ky: KyOptions, settings: Settings, call: Call) {
    this.#ky = ky;
    this.#settings = settings;
    this.#call = call;
    this.#parseJson = ky.parseJson;
    this.#checked = settings.mode === 'off' ? ky.parseJson : (text, context) => this.#parse(text, context);
    Object.assign(ky, { parseJson: this.#checked });
  }

  /** Finds the contract of a request; gives its template. */
  find({ method, url }: Request): string | undefined {
    // Another answer is to come.
    this.#told = undefined;
    if (!this.#route) {
      const { byName, byMethod } = contractsOf(this.#settings.routes);
      const path = pathBelow(url, this.#ky);
      this.#method = method;
      this.#route =
        byName.get(`${method} ${this.#call.route}`) ??
        (path === undefined ? undefined : byMethod.get(method)?.find(path)?.value);
      this.#setParser();
    }
    return this.#route?.template;
  }

  /** Checks what is about to be sent. */
  async checkRequest({ request, signal }: Pass): Promise<void> {
    const { body, search } = this.#route?.contract ?? {};
    const { json, searchParams } = this.#ky;
    // What is sent by other means than `json` is not looked into; that nothing is sent shows.
    if (body && (json !== undefined || (await hasNoBody(request))))
      await this.#checkSent('body', body, json, signal);
    if (search) {
      const given = searchOf(ownSearch.get(this.#call) ?? searchParams, request.url);
      await this.#checkSent('search', search, given, signal);
    }
  }

  /** Breaks the body off where it is too large. */
  bound(response: Response, maxBytes: number): void {
    const announced = Number(response.headers.get('content-length'));
    tapBody(response, {
      bytes: (_, total) => {
        // What announces no number announces nothing.
        if (total > maxBytes || announced > maxBytes)
          throw this.#drift({ kind: 'too-large', status: response.status, detail: maxBytes });
      },
    });
  }

  /**
   * ky's own parsing differs from any parser's: it hands an empty body to the schema of `.json(schema)`. So there is none
   * of ours where results have no contract; ky has the data of errors and `response.json()` parsed by that of the start.
   */
  #setParser(): void {
    const { throwHttpErrors = true } = this.#ky;
    const speaks = this.#route && (this.#route.namesSuccess || throwHttpErrors !== true);
    Object.assign(this.#ky, { parseJson: speaks ? this.#checked : this.#parseJson });
  }

  /** ky's `parseJson`, for results and for the data of errors. */
  #parse(text: string, context: ParseContext): unknown {
    const { response } = context;
    const { status, ok, headers } = response;
    const route = this.#route;
    const answer = route && answerOf(route.contract, status);
    if (!answer) {
      const plain = (): unknown => (this.#parseJson ?? JSON.parse)(text, context as never);
      const unnamed = ok && route?.namesSuccess;
      return unnamed ? this.#refuse({ kind: 'status' }, text, response, plain) : plain();
    }
    const mediaType = essence(headers.get('content-type'));
    const schema = schemaFor(answer, mediaType);
    if (text === '' && !this.#parseJson) return this.#checkEmpty(schema, response);
    const json = (): unknown => this.#readJson(text, context);
    if (!schema)
      return this.#refuse({ kind: 'media-type', detail: mediaType || 'no media type' }, text, response, json);
    return andThen(json(), (data) => this.#check(schema, data, text, response));
  }

  #readJson(text: string, context: ParseContext): unknown {
    // What the user's own parser throws is the user's.
    if (this.#parseJson) return this.#parseJson(text, context);
    try {
      return JSON.parse(text);
    } catch (cause) {
      const { status } = context.response;
      throw this.#drift({ kind: whyNoJson(text), status, detail: text.length }, text, cause);
    }
  }

  /** Nothing to parse: right only where the schema takes `undefined`. */
  #checkEmpty(schema: StandardSchemaV1 | undefined, { status }: Response): unknown {
    const none = this.#method === 'HEAD' || [204, 205, 304].includes(status);
    return andThen(schema ? validate(schema, undefined) : { issues: [] }, (said) => {
      if (isValid(said)) return said.value;
      throw this.#drift({ kind: none ? 'no-body' : 'empty', status }, '');
    });
  }

  #check(schema: StandardSchemaV1, data: unknown, text: string, response: Response): unknown {
    return andThen(validate(schema, data), (said) => {
      if (!isValid(said)) return this.#refuse(this.#why(said, data), text, response, () => data, said);
      const { value } = said;
      if (this.#settings.unknownKeys === 'report') this.#reportUnknown(data, value, text, response);
      if (!response.ok) accepted.set(response, value);
      return value;
    });
  }

  #reportUnknown(data: unknown, value: unknown, text: string, { status }: Response): void {
    const found = unknownKeys(data, value);
    if (found.length === 0) return;
    const issues = found.map((keys) => ({ path: dotPath(keys), keys, message: 'unknown key' }));
    this.#drift({ kind: 'unknown-keys', status, issues }, text);
  }

  async #checkSent(
    part: 'body' | 'search',
    schema: StandardSchemaV1,
    data: unknown,
    signal: AbortSignal,
  ): Promise<void> {
    const said = await unlessAborted(validate(schema, data), signal);
    if (isValid(said)) return;
    const error = this.#drift(
      { ...this.#why(said, data), direction: 'request', part },
      undefined,
      causeOf(said),
    );
    if (this.#settings.mode !== 'report') throw error;
  }

  #why(said: Validated, data: unknown): Told {
    if ('threw' in said) return { kind: 'validator', detail: nameOf(said.threw) };
    const issues = said.issues ?? [];
    return {
      kind: 'invalid',
      issues: describeIssues(issues, data, this.#settings.values === true),
      issueCount: issues.length,
    };
  }

  /** Throws, unless the data is to be handed on: always that of an `HTTPError`, which must not hide behind its data. */
  async #refuse(
    told: Told,
    text: string,
    response: Response,
    data: () => unknown,
    said?: Validated,
  ): Promise<unknown> {
    const error = this.#drift({ ...told, status: response.status }, text, said && causeOf(said));
    if (this.#settings.mode !== 'report' && !this.#becomesError(response)) throw error;
    try {
      return await data();
    } catch {
      throw error;
    }
  }

  #becomesError({ ok, status }: Response): boolean {
    const { throwHttpErrors = true } = this.#ky;
    return !ok && (typeof throwHttpErrors === 'function' ? throwHttpErrors(status) : throwHttpErrors);
  }

  /** Tells of a departure, once. */
  #drift(told: Told, text?: string, cause?: unknown): SchemaError {
    const { values } = this.#settings;
    const route = this.#route?.template ?? '';
    const error = new SchemaError(
      { direction: 'response', part: 'body', method: this.#method, route, ...told },
      // A parser's error quotes the text.
      values && cause !== undefined ? { cause } : {},
    );
    trace(error, this.#call);
    if (text !== undefined && text === this.#told) return error;
    this.#told = text;
    const refused = error.direction === 'request' && this.#settings.mode !== 'report';
    const where = error.issues.map(({ path }) => path).filter(Boolean);
    const at = where.length > 0 ? ` at ${where.slice(0, 5).join(', ')}` : '';
    this.#call.decide(
      'schema',
      refused ? 'refused' : 'note',
      `${error.direction} ${error.part}: ${error.kind}${at}`,
    );
    void this.#tell(error);
    return error;
  }

  async #tell(drift: SchemaError): Promise<void> {
    try {
      // It may be async, though its type does not say so.
      await (this.#settings.onDrift?.(drift) as unknown);
    } catch (thrown) {
      this.#call.decide('schema', 'threw', `its onDrift() threw ${nameOf(thrown)}`);
    }
  }
}

/** A Request says so, but for one of Firefox; there no body is a stream, and looking costs little. */
async function hasNoBody(request: Request): Promise<boolean> {
  return request.body === undefined ? (await request.clone().text()) === '' : request.body === null;
}

function isValid(said: Validated): said is { readonly value: unknown } {
  return 'value' in said && !said.issues;
}

function causeOf(said: Validated): unknown {
  return 'threw' in said ? said.threw : undefined;
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}
