/**
 * What runs in the site's namespace: a page that says from which address it was asked, `/bytes/N` for
 * downloads, `/endless` for one that goes on until its reader leaves, and echoes on port 7.
 * `node lab/site-server.ts VISITS`: every visit becomes a JSON line in the file VISITS.
 */
import { createSocket } from 'node:dgram';
import { appendFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { pipeline, Readable } from 'node:stream';

const [visitsFile] = process.argv.slice(2);
if (visitsFile === undefined) throw new Error('usage: site-server.ts VISITS');

const plain = (address = ''): string => address.replace(/^::ffff:/, '');
const visited = (protocol: string, from: string, what: string): void =>
  appendFileSync(visitsFile, `${JSON.stringify({ time: new Date().toISOString(), protocol, from, what })}\n`);

const CHUNK = Buffer.alloc(256 * 1024, 'x');
function* endlessly(): Generator<Buffer> {
  for (;;) yield CHUNK;
}

createHttpServer((request, response) => {
  const from = plain(request.socket.remoteAddress);
  visited('http', from, request.url ?? '');
  const bytes = /^\/bytes\/(\d{1,9})$/.exec(request.url ?? '')?.[1];
  if (bytes !== undefined) {
    response.end(Buffer.alloc(Number(bytes), 'x'));
    return;
  }
  if (request.url === '/endless') {
    pipeline(Readable.from(endlessly()), response, () => undefined); // its reader has left
    return;
  }
  response.setHeader('content-type', 'text/plain').end(`you came from ${from}\n`);
}).listen(80, '::');

createServer((socket) => {
  visited('tcp', plain(socket.remoteAddress), 'echo');
  socket.on('error', () => undefined).pipe(socket);
}).listen(7, '::');

const udp = createSocket('udp6');
udp.on('message', (message, from) => {
  visited('udp', plain(from.address), message.toString('latin1').slice(0, 100));
  udp.send(message, from.port, from.address);
});
udp.bind(7, '::');
