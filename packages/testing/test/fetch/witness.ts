import type { IncomingMessage, ServerResponse } from 'node:http';
import { realServer, type RealServer } from '../real-server.ts';

/** The boundary of a form is drawn by lot. */
function plainBoundary(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value).replaceAll(/-+(?:formdata-|WebKitFormBoundary)[\w-]+/g, 'boundary'),
  );
}

/** A server that writes down each request to the byte, and answers as its path says. Pages of its own are not written down. */
export async function witness(
  lines: unknown[],
  pages: Readonly<Record<string, string>> = {},
): Promise<RealServer> {
  return realServer((response, request) => {
    const page = pages[request.url!];
    if (page !== undefined) {
      response.setHeader('content-type', request.url!.endsWith('.js') ? 'text/javascript' : 'text/html');
      return void response.end(page);
    }
    const chunks: Buffer[] = [];
    const { method, url = '', rawHeaders } = request;
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      lines.push([method, url, rawHeaders, Buffer.concat(chunks).toString()].map(plainBoundary));
      answer(request, response);
    });
  });
}

function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const [path, afterMs] = url.slice(1).split('/');
  if (path === 'reset') setTimeout(() => response.destroy(), Number(afterMs ?? 0));
  else if (path === 'after') setTimeout(() => response.end(), Number(afterMs));
  else if (path === 'gzip') response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain');
  else if (path === '302') response.writeHead(302, { location: '/', 'set-cookie': ['a=1', 'b=2'] }).end();
  else response.writeHead(Number(path) || 200, { 'set-cookie': ['a=1', 'b=2'], date: 'now' }).end('body');
}
