import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** An empty folder somewhere, in which somebody begins. */
export class Project implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'kyhooks-newcomer-'));

  constructor(registryUrl: string) {
    this.write('package.json', '{ "private": true, "type": "module" }');
    this.write('.npmrc', `@kyhooks:registry=${registryUrl}/\naudit=false\nfund=false\n`);
  }

  write(file: string, content: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  /** Runs a command in it, and gives what it prints; throws where it fails. */
  async run(command: string, ...args: string[]): Promise<string> {
    const child = spawn(command, args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code !== 0)
      throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${output}${errors}`);
    return output;
  }

  install(...packages: readonly string[]): Promise<string> {
    return this.run('npm', 'install', ...packages);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
