import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';

/** Something that reads what others have written. */
export interface Subject {
  /** Also the name of its file in the corpus. */
  readonly name: string;
  /** The entries of core whose readers it calls. */
  readonly entries?: readonly string[];
  /** Its arguments, as JSON can hold them where they are text: the corpus has real and hostile ones. */
  readonly inputs: fc.Arbitrary<readonly unknown[]>;
  /** Throws where a property does not hold. */
  readonly check: (...input: never[]) => unknown;
  /** Inputs of such a size that are made to take long. */
  readonly long?: readonly ((size: number) => readonly unknown[])[];
}

/** An input that is needed to repeat a failure, and what it was. */
interface Failure {
  readonly input: readonly unknown[];
  readonly seed: number;
  readonly path: string;
  readonly error: unknown;
}

/** Thrown for the first input that breaks a property, made as small as it gets. */
export class FuzzError extends Error {
  override readonly name = 'FuzzError';
  readonly input: readonly unknown[];

  constructor({ name }: Subject, { input, seed, path, error }: Failure) {
    super(`${name} breaks at ${fc.stringify(input)} (seed ${seed}, path ${path})`, { cause: error });
    this.input = input;
  }
}

/** Plays what the corpus has, then as many inputs as asked for. */
export async function fuzz(subject: Subject, { runs, seed }: { runs: number; seed: number }): Promise<void> {
  for (const input of corpusOf(subject)) {
    try {
      await once(subject, input);
    } catch (error) {
      throw new FuzzError(subject, { input, seed, path: 'corpus', error });
    }
  }
  const property = fc.asyncProperty(subject.inputs, (input) => once(subject, input));
  const found = await fc.check(property, { numRuns: runs, seed });
  const [input] = found.counterexample ?? [];
  if (input) {
    throw new FuzzError(subject, {
      input,
      seed,
      path: found.counterexamplePath ?? '',
      error: found.errorInstance,
    });
  }
}

async function once({ check }: Subject, input: readonly unknown[]): Promise<void> {
  await check(...(input as never[]));
  const strange = prototypes.filter(([prototype, keys]) => Reflect.ownKeys(prototype).length !== keys);
  if (strange.length > 0) throw new Error('A prototype of the platform was written to');
}

/** What all objects of a program share, with the number of its keys. */
const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype].map(
  (prototype) => [prototype, Reflect.ownKeys(prototype).length] as const,
);

/** Real and hostile inputs. */
export function corpusOf(subject: Subject): readonly (readonly unknown[])[] {
  const file = fileOf(subject);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as unknown[][]) : [];
}

/** Keeps an input that broke a property, where JSON can hold it. */
export function addToCorpus(subject: Subject, input: readonly unknown[]): boolean {
  const text = JSON.stringify(input);
  if (fc.stringify(JSON.parse(text)) !== fc.stringify(input)) return false;
  const lines = [...corpusOf(subject), input].map((one) => `  ${JSON.stringify(one)}`);
  writeFileSync(fileOf(subject), `[\n${lines.join(',\n')}\n]\n`);
  return true;
}

function fileOf({ name }: Subject): string {
  return fileURLToPath(new URL(`corpus/${name}.json`, import.meta.url));
}
