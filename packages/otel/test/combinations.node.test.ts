import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { expect, test } from 'vitest';
import type { Seen } from './combinations/scenario.ts';

const here = fileURLToPath(new URL('combinations/', import.meta.url));

/** All of OpenTelemetry comes from this folder, also where the layer imports it. */
const from = (folder: string): Plugin => ({
  name: 'combination',
  setup(bundle) {
    bundle.onResolve({ filter: /^@opentelemetry\// }, async ({ path, kind, importer, pluginData }) =>
      pluginData === 'asked' || importer.includes('node_modules')
        ? undefined
        : bundle.resolve(path, { kind, resolveDir: folder, pluginData: 'asked' }),
    );
  },
});

async function run(folder: string): Promise<Seen> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { play } from './scenario.ts';
import { generation } from './${folder}/sdk.ts';
console.log(JSON.stringify(await play(generation)));`,
      resolveDir: here,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('/');" },
    write: false,
    plugins: [from(here + folder)],
  });
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module'], {
    input: outputFiles[0]!.text,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Seen;
}

const server = {
  'http.request.method': 'GET',
  'server.address': 'api.test',
  'server.port': 443,
  'url.full': 'https://api.test/users/42',
};

test.each(['sdk-1', 'sdk-2', 'sdk-3'])('what is installed together works together: %s', async (folder) => {
  expect(await run(folder)).toEqual({
    spans: [
      {
        name: 'GET',
        kind: 2,
        scope: '@kyhooks/otel',
        parent: 'application 2',
        attributes: { ...server, 'http.response.status_code': 503, 'error.type': '503' },
      },
      {
        name: 'GET',
        kind: 2,
        scope: '@kyhooks/otel',
        parent: 'application 2',
        attributes: { ...server, 'http.response.status_code': 200, 'http.request.resend_count': 1 },
      },
      { name: 'application', kind: 0, scope: 'application', parent: 'none', attributes: {} },
    ],
    traceparents: ['00-trace-GET 0-01', '00-trace-GET 1-01'],
    metrics: [
      'http.client.request.duration s',
      'http.client.active_requests {request}',
      'kyhooks.client.wait.duration s',
      'kyhooks.client.decisions {decision}',
    ],
  });
});

test('the README names the versions', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const versionsOf = (path: string): Record<string, string> => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(here + path, 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string> | undefined
    >;
    return { ...dependencies, ...devDependencies };
  };
  for (const folder of ['sdk-1', 'sdk-2']) {
    const versions = versionsOf(`${folder}/package.json`);
    expect(readme).toContain(
      `${versions['@opentelemetry/api']} and ${versions['@opentelemetry/sdk-trace-base']}`,
    );
  }
  const newest = readFileSync(new URL('../../../pnpm-workspace.yaml', import.meta.url), 'utf8');
  const versionOf = (name: string): string | undefined => new RegExp(`'${name}': (\\S+)`).exec(newest)?.[1];
  expect(readme).toContain(`${versionOf('@opentelemetry/api')} and ${versionOf('@opentelemetry/sdk-trace')}`);
});
