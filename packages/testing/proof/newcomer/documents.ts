import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examplesOf, root } from '../../test/examples.ts';
import type { Api } from './api.ts';
import { importsOf, pinned } from './imports.ts';
import { Project } from './project.ts';

/**
 * Types what a document says into an empty folder: its `npm install`, then each example that is marked to be run. The
 * first one must do with that; packages that further ones name are installed when it is their turn.
 */
export async function runExamples(
  document: string,
  registryUrl: string,
  api: Api,
): Promise<{ ran: number; installed: string; faults: readonly string[] }> {
  const text = readFileSync(join(root, document), 'utf8');
  const packages = [...text.matchAll(/^npm install ([^#\n]+)/gm)].flatMap(([, names]) =>
    names!.trim().split(' '),
  );
  if (packages.length === 0) throw new Error(`${document} does not say what to install`);
  using project = new Project(registryUrl);
  await project.install(...packages);
  const known = new Set(packages);
  const faults: string[] = [];

  const examples = examplesOf(document);
  const run = examples.filter(({ info }) => info.split(' ').includes('run'));
  for (const { name, code } of examples) project.write(name, elsewhere(code, api));
  for (const [index, { name, code, output }] of run.entries()) {
    const unknown = importsOf(code).filter((imported) => !known.has(imported));
    if (unknown.length > 0 && index > 0) {
      await project.install(...unknown.map(pinned));
      for (const imported of unknown) known.add(imported);
    }
    api.beginAnew();
    const printed = await project.run(process.execPath, name).catch(String);
    const told = printed.replaceAll(api.url, exampleUrl);
    if (!says(told, output!))
      faults.push(`${document}, ${name} prints\n${told}\nand the text says\n${output}`);
  }
  return { ran: run.length, installed: packages.join(' '), faults };
}

const exampleUrl = 'https://api.example.com';

/** The one thing that is changed: where the API is. */
export function elsewhere(code: string, api: Pick<Api, 'url'>): string {
  return code.replaceAll(exampleUrl, api.url);
}

/** Whether it prints what the text says, but for what the clock and the place of the API decide. */
export function says(printed: string, text: string): boolean {
  const [told, wanted] = [printed, text].map((output) => comparable(output).split(/\s+/)) as [
    string[],
    string[],
  ];
  const reading = /^\d+\.\d+,?$/;
  return (
    told.length === wanted.length &&
    told.every((word, at) => word === wanted[at] || (reading.test(word) && /^[\d.]+,?$/.test(wanted[at]!)))
  );
}

function comparable(output: string): string {
  return output
    .trim()
    .replaceAll(/\b\d+(\.\d+)? ms\b/g, '… ms')
    .replaceAll(/("(?:[\w.]+Ms|id|kyhooks\.call\.id|server\.address|server\.port)": )[^\n,]+/g, '$1…')
    .replaceAll(/█+/g, '█');
}
