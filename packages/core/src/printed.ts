/** What a piece of text is, where colours may show it. */
export type Tone = 'good' | 'warm' | 'bad' | 'quiet' | 'name';

/** Gives text its colour, or leaves it as it is. */
export type Paint = (text: string, tone: Tone) => string;

/** Consoles that show objects ask for a method of this name; Node, among others. */
const inspect = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom');

/** The kinds of value whose usual colours come closest: consoles know no others. */
const styles: Readonly<Record<Tone, string>> = {
  good: 'string',
  warm: 'number',
  bad: 'date',
  quiet: 'undefined',
  name: 'special',
};

interface Inspection {
  readonly stylize?: (text: string, style: string) => string;
}

/**
 * Gives the object a text of its own, in `String()` and in a console, which adds colours where it uses them. Neither
 * shows among its properties.
 */
export function printAs<Shape extends object>(
  shape: Shape,
  print: (self: Shape, paint: Paint) => string,
): void {
  Object.defineProperties(shape, {
    toString: method(function (this: Shape) {
      return print(this, (text) => text);
    }),
    [inspect]: method(function (this: Shape, _: number, { stylize = (text) => text }: Inspection = {}) {
      return print(this, (text, tone) => stylize(text, styles[tone]));
    }),
  });
}

function method(value: (this: never, ...args: never[]) => string): PropertyDescriptor {
  return { value, configurable: true, writable: true };
}
