import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { documents, examplesOf } from '../../test/examples.ts';
import type { Part } from '../part.ts';
import { exampleApi } from './api.ts';
import { runExamples } from './documents.ts';
import { registry } from './registry.ts';
import { checkTypes } from './types.ts';
import { vitePage } from './vite-page.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** What a person meets who has the packages and their pages, and nothing of this repository. */
export const newcomer: Part = {
  name: 'newcomer',
  title:
    'the packed packages and the examples of their pages work in empty projects: Node.js, TypeScript, Vite',
  async run(proof) {
    execFileSync('turbo', ['run', 'build', '--output-logs=errors-only'], { cwd: root });
    await using packages = await registry(`${root}packages`);
    await using api = await exampleApi();
    proof.fact('packed and served', `${packages.manifests.length} packages`);

    const read = documents.filter((document) => /README\.md$|getting-started\.md$/.test(document));
    const faults: string[] = [];
    for (const document of read) {
      proof.progress(document);
      const { ran, installed, faults: found } = await runExamples(document, packages.url, api);
      proof.fact(
        document,
        `${ran - found.length} of ${ran} examples print what it says, after npm install ${installed}`,
      );
      faults.push(...found);
    }
    if (faults.length > 0) throw new Error(faults.join('\n\n'));

    const examples = read.flatMap(examplesOf);
    const compiled = await checkTypes(examples, packages, (what) => proof.progress(what));
    proof.fact(
      'compiled, libraries too',
      `${examples.length} examples and all entries, by ${compiled.join(', ')}`,
    );

    proof.progress('a page built by Vite');
    const { printed, failures } = await vitePage(packages.url);
    proof.fact(
      'a page built by Vite, in Chromium',
      `prints ${printed} lines, and no error but ${failures} statuses`,
    );
  },
};
