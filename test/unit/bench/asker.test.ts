import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';

const ASKER = fileURLToPath(new URL('../../bench/asker.ts', import.meta.url));

/** Answers each question after so long. */
async function startServer(status: number, delayMs: number, questions: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'asker-'));
  const server = createServer((request, response) => {
    questions.push(request.url ?? '');
    setTimeout(() => response.writeHead(status).end('{}'), delayMs);
  });
  const socket = join(folder, 'socket');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  return socket;
}

const startAsker = (socket: string) => execa(process.execPath, [ASKER, socket, '/nobody'], { reject: false });

test('asks on while answers are missing, and tells how long each took', async () => {
  const questions: string[] = [];
  const asker = startAsker(await startServer(404, 300, questions));
  await expect.poll(() => questions.length).toBeGreaterThanOrEqual(5);
  asker.kill('SIGTERM');
  const { exitCode, stdout } = await asker;
  expect(exitCode).toBe(0);
  const took = JSON.parse(stdout) as number[];
  expect(took.length).toBe(questions.length);
  expect(Math.min(...took)).toBeGreaterThanOrEqual(290);
  expect(new Set(questions)).toEqual(new Set(['/nobody']));
});

test('an answer that says something else ends it', async () => {
  const { exitCode, stderr } = await startAsker(await startServer(500, 0, []));
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('/nobody: status 500');
});
