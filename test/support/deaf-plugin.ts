import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { PLUGIN_SOCKET } from './sidecar.ts';

/**
 * Answers Docker in place of the dead sidecar and tells nobody: what Docker says now is lost for ever, as when it gives
 * up on a plugin after its four repetitions, but without their 15 s a call.
 */
export async function withDeafPlugin(act: () => Promise<unknown>): Promise<string[]> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(request.url ?? '');
    request.resume().on('end', () => response.end('{}'));
  });
  await rm(PLUGIN_SOCKET, { force: true });
  await new Promise<void>((resolve) => server.listen(PLUGIN_SOCKET, resolve));
  try {
    await act();
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(PLUGIN_SOCKET, { force: true });
  }
  return calls;
}
