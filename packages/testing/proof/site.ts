import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { checkSite } from '../site/check.ts';
import type { Part } from './part.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The documentation as its readers get it. */
export const site: Part = {
  name: 'site',
  title: 'the site builds; its links hold, search and playground work, on a desk and a phone, light and dark',
  async run(proof) {
    execFileSync('pnpm', ['--dir', 'docs', 'run', 'site'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await checkSite(proof);
  },
};
