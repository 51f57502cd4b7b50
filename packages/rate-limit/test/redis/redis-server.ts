import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { launcher } from '../../../../tooling/redis.ts';

/** A Redis that is started, and harmed, at will. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  /** On a free port. */
  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.start();
    return server;
  }

  /** Empty, on the port it had. */
  async start(): Promise<void> {
    const options = { '--port': this.port, '--bind': '127.0.0.1', '--save': '', '--appendonly': 'no' };
    const args = Object.entries(options).flatMap(([name, value]) => [name, String(value)]);
    const child = spawn(launcher, args, { stdio: 'ignore' });
    this.#process = child;
    while (!(await this.#answers())) {
      if (child.exitCode !== null) throw new Error(`redis-server ends with ${child.exitCode}`);
      await sleep(10);
    }
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    this.#process = undefined;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Keeps its connections, and answers nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => void socket.write('PING\r\n'));
      const end = (answers: boolean): void => {
        socket.destroy();
        resolve(answers);
      };
      socket.on('data', (data) => end(data.toString().startsWith('+PONG')));
      socket.on('error', () => end(false));
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
