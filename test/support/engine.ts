import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from './docker.ts';
import { sh } from './shell.ts';
import { waitFor } from './wait.ts';

const PID_FILE = '/var/run/docker.pid';
const ENGINE_LOG = '/var/log/dockerd.log';

/** Programs that tests call inside their containers. */
const APPLETS =
  'sh ash cat cp cut date dd echo env false grep head hostname httpd id ifconfig ip kill ln ls mkdir mv nc netstat ' +
  'nslookup ping ping6 printf ps rm route sed seq sleep stat sync tail test tee timeout touch traceroute true udhcpc ' +
  'vi wc wget whoami';

/** @throws Error outside of the surroundings: this would start, stop and kill the machine's own engine. */
export function assertSurroundings(): void {
  if (process.env.KASM_SIDECAR_TEST_SURROUNDINGS !== '1')
    throw new Error('these tests need surroundings of their own; run them by scripts/test');
}

async function enginePid(): Promise<number | undefined> {
  const pid = Number(await readFile(PID_FILE, 'utf8').catch(() => ''));
  if (!pid) return undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

/** Starts the private engine with all its defaults, and waits until it answers. */
export async function startEngine(...options: string[]): Promise<void> {
  assertSurroundings();
  const log = openSync(ENGINE_LOG, 'a');
  const engine = spawn('dockerd', options, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  engine.unref();
  const failure = new Promise<never>((_, reject) => engine.once('error', reject));
  const answer = waitFor('dockerd', () => docker('version', '-f', '{{.Server.Version}}'), { timeoutMs: 60_000 });
  await Promise.race([answer, failure]);
}

async function endEngine(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  assertSurroundings();
  const pid = await enginePid();
  if (pid === undefined) return;
  process.kill(pid, signal);
  await waitFor('the end of dockerd', async () => (await enginePid()) === undefined, { timeoutMs: 60_000 });
  if (signal === 'SIGKILL') await rm(PID_FILE, { force: true });
}

export const stopEngine = (): Promise<void> => endEngine('SIGTERM');
export const killEngine = (): Promise<void> => endEngine('SIGKILL');

/** `bb:latest`: the machine's busybox and nothing else. No registry is asked. */
export async function importImage(): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'bb-'));
  for (const folder of ['bin', 'etc', 'tmp', 'dev', 'proc', 'sys', 'var/www'])
    await mkdir(join(root, folder), { recursive: true });
  await sh('cp', '/bin/busybox', join(root, 'bin/busybox'));
  await sh('sh', '-c', `printf 'root:x:0:0::/:/bin/sh\\nkasm-user:x:1000:1000::/:/bin/sh\\n' >${root}/etc/passwd`);
  for (const applet of APPLETS.split(' ')) await symlink('busybox', join(root, 'bin', applet));
  await sh('chmod', '1777', join(root, 'tmp'));
  await sh('tar', '-C', root, '-cf', `${root}.tar`, '.');
  await sh('docker', 'import', '-c', 'ENV PATH=/bin', '-c', 'CMD ["sleep","36000"]', `${root}.tar`, 'bb:latest');
  await rm(root, { recursive: true, force: true });
  await rm(`${root}.tar`, { force: true });
}
