import { optionTables } from '../options-table.ts';
import { exportsOf, publishedPackages, surfaceOf } from '../published.ts';

/** Whatever takes options, in the order of the tables of its README. */
const factories: Readonly<Record<string, readonly string[]>> = {
  auth: ['auth'],
  fetch: ['toFetch'],
  idempotency: ['idempotency'],
  log: ['log'],
  otel: ['otel'],
  'rate-limit': ['rateLimit'],
  result: ['fanOut', 'paginate'],
  retry: ['retry'],
  schema: ['schema'],
  timeout: ['timeout'],
};

/** A page with all that can be imported: factories and their options with defaults, helpers, errors. */
export async function atAGlance(): Promise<string> {
  const packages = await Promise.all(publishedPackages.map(describePackage));
  return `---
layout: page
sidebar: false
title: At a glance
description: 'The whole API on one screen: factories, options with defaults, helpers, errors.'
---

<!-- Written by \`npm run figures\`. -->

<main class="vp-doc at-a-glance">

# At a glance

Everything that can be imported; options with their defaults, in milliseconds. An option without a value has no default.

${packages.join('\n')}
</main>
`;
}

async function describePackage(name: string): Promise<string> {
  const surface = surfaceOf(name);
  const tables = optionTables(name);
  const made = factories[name] ?? [];
  const [main = {}, ...others] = (await exportsOf(name)).values();
  const paths = [...(await exportsOf(name)).keys()].slice(1);
  const names = Object.keys(main);
  const errors = names.filter((exported) => /^[A-Z].*Error$/.test(exported));
  const guards = names.filter((exported) => /^is.*Error$/.test(exported));
  const told = new Set([...made, ...errors, ...guards]);
  const helpers = names.filter((exported) => !told.has(exported));
  const lines = [
    ...made.map((factory, index) => `**${call(factory, surface, main)}** ${options(tables[index]!)}`),
    ...(helpers.length > 0 ? [list(helpers, surface, main)] : []),
    ...others.map((other, index) => {
      const own = Object.keys(other).filter((exported) => other[exported] !== main[exported]);
      return `*${paths[index]}* ${list(own, surface, other)}`;
    }),
    ...(errors.length > 0 ? [`*throws* ${errors.map((error) => thrown(error, surface)).join(' · ')}`] : []),
    ...(guards.length > 0 ? [`*guards* ${list(guards, surface, main)}`] : []),
  ];
  return `## [${name}](../packages/${name})\n\n${lines.map((line) => `- ${line}\n`).join('')}`;
}

function options(table: ReadonlyMap<string, string>): string {
  return [...table]
    .map(([option, shown]) => code(shown === '–' ? option : `${option}: ${shown}`))
    .join(' · ');
}

function list(names: readonly string[], surface: string, values: Readonly<Record<string, unknown>>): string {
  return names.map((name) => call(name, surface, values)).join(' · ');
}

/** A function with the names of its parameters; anything else by its name. */
function call(name: string, surface: string, values: Readonly<Record<string, unknown>>): string {
  if (typeof values[name] !== 'function' || /^[A-Z]/.test(name)) return code(name);
  const declarations = surface.matchAll(
    new RegExp(`^export declare function ${name}(?:<.*?>)?\\((.*)\\): `, 'gm'),
  );
  // Of several forms the one with most parameters; a layer's factory is declared by its type.
  const forms = [...declarations].map(([, declared]) => parameters(declared!));
  const longest = forms.toSorted((a, b) => b.length - a.length)[0] ?? ['options'];
  return code(`${name}(${longest.join(', ')})`);
}

/** The names of parameters in a declaration, without their types. */
function parameters(declared: string): string[] {
  let depth = 0;
  const commas = declared
    .replaceAll('=>', '  ')
    .split('')
    .map((character, index) => {
      if ('([{<'.includes(character)) depth++;
      if (')]}>'.includes(character)) depth--;
      return character === ',' && depth === 0 ? index : -1;
    });
  const cuts = [-1, ...commas.filter((index) => index >= 0), declared.length];
  return cuts
    .slice(1)
    .map((cut, index) => declared.slice(cuts[index]! + 1, cut).trim())
    .filter((parameter) => parameter !== '')
    .map((parameter) => /^(\{.*?\}|[.\w]+)\??:/.exec(parameter)![1]!);
}

function thrown(error: string, surface: string): string {
  return [error, ...codesOf(error, surface)].map(code).join(' ');
}

/** The codes that an error may have: one, or those of a union or of a table. */
function codesOf(error: string, surface: string): string[] {
  const [, declared = ''] =
    new RegExp(`class ${error} [^]*?readonly code(?: = |: )(.*);`).exec(surface) ?? [];
  if (declared.startsWith('"')) return [JSON.parse(declared) as string];
  const [, union = ''] = new RegExp(`type ${declared} = (.*);`).exec(surface) ?? [];
  const [, table] = /^keyof typeof (\w+)/.exec(union) ?? [];
  const from = table ? new RegExp(`const ${table}: \\{([^]*?)^\\}`, 'm').exec(surface)![1]! : union;
  return [...from.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g)].map(([found]) => found);
}

function code(text: string): string {
  return `\`${text}\``;
}
