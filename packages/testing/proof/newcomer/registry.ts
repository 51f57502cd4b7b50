import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from './listen.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
}

export interface Registry extends AsyncDisposable {
  readonly url: string;
  /** As they are published: with the exports that a user sees. */
  readonly manifests: readonly Manifest[];
}

/** Packs all packages as they would be published, and serves them as a registry does. */
export async function registry(packages: string): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'kyhooks-tarballs-'));
  const packed = new Map<string, { manifest: Manifest; tarball: Buffer }>();
  for (const name of readdirSync(packages)) {
    const source = join(packages, name);
    const { private: isPrivate } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
    if (isPrivate) continue;
    const pack = ['--dir', source, 'pack', '--json', '--pack-destination', folder];
    const { filename } = JSON.parse(execFileSync('pnpm', pack, { encoding: 'utf8' })) as { filename: string };
    const text = execFileSync('tar', ['-xzOf', filename, 'package/package.json'], { encoding: 'utf8' });
    const manifest = JSON.parse(text) as Manifest;
    packed.set(manifest.name, { manifest, tarball: readFileSync(filename) });
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, url).pathname).slice(1);
    const found = packed.get(path.replace(/\.tgz$/, ''));
    if (!found) response.writeHead(404).end();
    else if (path.endsWith('.tgz')) response.end(found.tarball);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(document(url, found)));
  });
  const url = await listen(server);
  return {
    url,
    manifests: [...packed.values()].map(({ manifest }) => manifest),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

/** What a registry says about a package that has one version. */
function document(url: string, { manifest, tarball }: { manifest: Manifest; tarball: Buffer }): unknown {
  const { name, version } = manifest;
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist: { tarball: `${url}/${name}.tgz`, integrity } } },
  };
}
