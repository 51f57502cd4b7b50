import { type Example } from '../../test/examples.ts';
import { importsOf, pinned } from './imports.ts';
import { Project } from './project.ts';
import type { Registry } from './registry.ts';

const compilers = ['5.9.3', '6.0.3', '7.0.2'];
const resolutions = {
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

/** Compiles all examples and all entries in a strict project that checks its libraries too. */
export async function checkTypes(
  examples: readonly Example[],
  { url, manifests }: Registry,
  progress: (what: string) => void,
): Promise<string[]> {
  using project = new Project(url);
  const imported = new Set(['ky', ...examples.flatMap(({ code }) => importsOf(code))]);
  await project.install(
    ...manifests.map(({ name }) => name),
    ...[...imported].filter((name) => !name.startsWith('@kyhooks/')).map(pinned),
    pinned('@types/node'),
    ...compilers.map((version) => `typescript-${version}@npm:typescript@${version}`),
  );
  for (const { document, name, code } of examples)
    project.write(`src/${document.replace(/\.md$/, '')}/${name}`, `${code}\nexport {};\n`);
  project.write('src/entries.ts', entriesOf(manifests));

  const compiled: string[] = [];
  for (const version of compilers) {
    for (const [resolution, options] of Object.entries(resolutions)) {
      progress(`TypeScript ${version}, ${resolution}`);
      const compilerOptions = {
        ...options,
        target: 'es2023',
        lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'],
        types: ['node'],
        strict: true,
        skipLibCheck: false,
        noEmit: true,
        allowImportingTsExtensions: true,
      };
      project.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }));
      await project.run(process.execPath, `node_modules/typescript-${version}/bin/tsc`, '--pretty', 'false');
      compiled.push(`TypeScript ${version} ${resolution}`);
    }
  }
  return compiled;
}

/** A module that imports every entry of every package. */
function entriesOf(manifests: Registry['manifests']): string {
  const entries = manifests.flatMap(({ name, exports }) =>
    Object.keys(exports)
      .filter((path) => !path.endsWith('.json'))
      .map((path) => `${name}${path.slice(1)}`),
  );
  const lines = entries.map((entry, index) => `import * as entry${index} from '${entry}';`);
  return `${lines.join('\n')}\nexport default [${entries.map((_, index) => `entry${index}`).join(', ')}];\n`;
}
