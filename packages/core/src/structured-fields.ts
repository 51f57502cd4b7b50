/** A bare value of a structured field. A Token is told apart from a String by its shape; a Date is a number of seconds. */
export type BareItem = number | string | boolean | Uint8Array<ArrayBuffer> | { readonly token: string };

/** A value with its parameters; of a parameter given twice the last counts. */
export interface Item {
  readonly value: BareItem;
  readonly params: ReadonlyMap<string, BareItem>;
}

const string = /"((?:[ !#-[\]-~]|\\["\\])*)"/y;
const number = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const token = /[A-Za-z*][\w!#$%&'*+.^`|~:/-]*/y;
const bytes = /:([\w+/=]*):/y;
const boolean = /\?([01])/y;
const date = /@(-?\d{1,15})(?!\d)/y;
const displayString = /%"((?:[ !#$&-~]|%[\da-f]{2})*)"/y;
const key = /[a-z*][a-z\d_.*-]*/y;
const comma = /[ \t]*,[ \t]*/y;
const spaces = / */y;

/**
 * Reads a List of Items (RFC 9651, section 4.2.1). What does not parse is `undefined` as a whole, as the RFC has it;
 * so are inner lists, which none of the fields read here may hold.
 */
export function parseList(text: string): Item[] | undefined {
  return parse(text, (scanner) => {
    const list: Item[] = [];
    do list.push(scanner.item());
    while (scanner.take(comma));
    return list;
  });
}

/** Reads a Dictionary of Items (RFC 9651, section 4.2.2); `undefined` as for {@link parseList}. */
export function parseDictionary(text: string): Map<string, Item> | undefined {
  return parse(text, (scanner) => {
    const dictionary = new Map<string, Item>();
    do {
      const name = scanner.must(key)[0];
      dictionary.set(name, scanner.take(/=/y) ? scanner.item() : { value: true, params: scanner.params() });
    } while (scanner.take(comma));
    return dictionary;
  });
}

/** Whatever throws on the way, the text does not parse. */
function parse<Value>(text: string, read: (scanner: Scanner) => Value): Value | undefined {
  const scanner = new Scanner(text);
  try {
    scanner.take(spaces);
    const value = read(scanner);
    scanner.take(spaces);
    return scanner.done ? value : undefined;
  } catch {
    return undefined;
  }
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at === this.#text.length;
  }

  /** Takes what the sticky pattern matches here. */
  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at = pattern.lastIndex;
    return match;
  }

  must(pattern: RegExp): RegExpExecArray {
    const match = this.take(pattern);
    if (!match) throw new SyntaxError();
    return match;
  }

  item(): Item {
    return { value: this.#bare(), params: this.params() };
  }

  params(): Map<string, BareItem> {
    const params = new Map<string, BareItem>();
    while (this.take(/; */y)) {
      const name = this.must(key)[0];
      params.set(name, this.take(/=/y) ? this.#bare() : true);
    }
    return params;
  }

  #bare(): BareItem {
    let match = this.take(string);
    if (match) return match[1]!.replaceAll(/\\(.)/g, '$1');
    match = this.take(number);
    if (match) return Number(match[0]);
    match = this.take(token);
    if (match) return { token: match[0] };
    match = this.take(bytes);
    if (match) return decode(match[1]!);
    match = this.take(boolean);
    if (match) return match[1] === '1';
    match = this.take(date);
    if (match) return Number(match[1]);
    return decodeURIComponent(this.must(displayString)[1]!);
  }
}

/** `atob` forgives what the RFC asks parsers to forgive: missing padding and pad bits that are not zero. */
function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
