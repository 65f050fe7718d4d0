import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFile, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach } from 'vitest';
import { CONTROL_SOCKET } from './control.ts';
import { assertSurroundings } from './engine.ts';
import type { Outcome } from './shell.ts';
import { attempt, sh } from './shell.ts';
import { waitFor } from './wait.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** From its sources; scripts/bench has the bundle that operators get. */
const ENTRY = process.env.KASM_SIDECAR_TEST_ENTRY ?? `${ROOT}src/cli/kasm-sidecar.ts`;
const PROGRAM: [string, string] = [`${ROOT}node_modules/.bin/node`, ENTRY];
const NETWORK_LOG = '/var/log/kasm-sidecar/network_sidecar.log';
const PLUGIN_LOG = '/var/log/kasm-sidecar/plugin.log';

export const PLUGIN_SOCKET = '/run/docker/plugins/kasm-sidecar.sock';
export const RUN_FOLDER = '/var/run/kasm-sidecar';

const accepts = async (socket: string): Promise<boolean> => {
  const { stdout } = await attempt(['ss', '-Hlx', 'src', socket]);
  return stdout.trim() !== '';
};

/** The sidecar under test: one at a time, on its default paths. */
export interface Daemon {
  readonly pid: number;
  readonly running: boolean;
  readonly output: string;
  start(): Promise<number>;
  stop(): Promise<number>;
  kill(): Promise<number>;
  wipe(): Promise<void>;
}

/** As a process on the host. */
export class Sidecar implements Daemon {
  #process: ChildProcess | undefined;
  #output = '';

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('the sidecar does not run');
    return pid;
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** What it printed on stdout and stderr, over all its starts. */
  get output(): string {
    return this.#output;
  }

  /** Starts it, if it does not run, and waits for Docker's socket. Gives the milliseconds that took. */
  async start(): Promise<number> {
    assertSurroundings();
    if (this.running) return 0; // a second one would live on, and answer for some of Docker's calls
    const began = Date.now();
    const daemon = spawn(PROGRAM[0], ['--max-semi-space-size=1', PROGRAM[1], 'serve'], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = daemon;
    for (const stream of [daemon.stdout, daemon.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    await waitFor(
      `the sidecar to listen on ${PLUGIN_SOCKET}`,
      async () => {
        if (await accepts(PLUGIN_SOCKET)) return true;
        if (!this.running) throw new FatalStart(`the sidecar ended at its start:\n${this.#output}`);
        return false;
      },
      { timeoutMs: 15_000, everyMs: 20 },
    );
    const took = Date.now() - began;
    await waitFor(`the sidecar to listen on ${CONTROL_SOCKET}`, () => accepts(CONTROL_SOCKET), { everyMs: 20 });
    return took;
  }

  /** SIGTERM, as systemd does it. Gives the milliseconds until it was gone. */
  stop(): Promise<number> {
    return this.#end('SIGTERM');
  }

  /** `kill -9`: it has no chance to put anything in order. */
  kill(): Promise<number> {
    return this.#end('SIGKILL');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    const began = Date.now();
    if (this.running) {
      process.kill(this.pid, signal);
      await waitFor(`the end of the sidecar after ${signal}`, () => !this.running, { timeoutMs: 15_000, everyMs: 10 });
    }
    this.#process = undefined;
    return Date.now() - began;
  }

  /** Forgets what earlier test files left on the disk. Only while it does not run and no container is there. */
  async wipe(): Promise<void> {
    for (const folder of [RUN_FOLDER, '/var/lib/kasm-sidecar', '/etc/kasm-sidecar', PLUGIN_SOCKET])
      await rm(folder, { recursive: true, force: true });
  }
}

class FatalStart extends Error {}

/** `kasm-sidecar ARGS`, as an operator types it. */
export const kasmSidecar = (...args: string[]): Promise<Outcome> => attempt([...PROGRAM, ...args]);

/** The same with settings of its own, `NAME=VALUE`. */
export const kasmSidecarWith = (settings: readonly string[], ...args: string[]): Promise<Outcome> =>
  attempt(['env', ...settings, ...PROGRAM, ...args]);

export const networkLog = (): Promise<string> => readFile(NETWORK_LOG, 'utf8').catch(() => '');

/** `0600 root:root`, as ls would say it. */
export async function modeOf(path: string): Promise<string> {
  const { mode, uid, gid } = await stat(path);
  return `${(mode & 0o7777).toString(8).padStart(4, '0')} ${uid}:${gid}`;
}

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => ({ size: 0 }))).size;

const since = async (file: string, from: number): Promise<string> =>
  (await readFile(file).catch(() => Buffer.alloc(0))).subarray(from).toString();

/** When a test fails, shows what the daemon said and what the kernel looked like while it ran. */
export function showOnFailure(sidecar: Daemon): void {
  beforeEach(async ({ onTestFailed, task }) => {
    const marks = {
      output: sidecar.output.length,
      network: await sizeOf(NETWORK_LOG),
      plugin: await sizeOf(PLUGIN_LOG),
    };
    onTestFailed(async () => {
      const parts: [string, string][] = [
        ['sidecar', sidecar.output.slice(marks.output)],
        ['network_sidecar.log', await since(NETWORK_LOG, marks.network)],
        ['plugin.log', await since(PLUGIN_LOG, marks.plugin)],
        ['links', (await sh('ip', '-br', 'link')).split('\n').slice(-12).join('\n')],
        ['containers', await sh('docker', 'ps', '-a', '-n', '5', '--format', '{{.Names}} {{.Status}}')],
      ];
      const text = parts.map(([title, body]) => `--- ${title}\n${body.trim()}`).join('\n');
      console.error(`=== while "${task.name}" failed\n${text}\n=== end`);
    });
  });
}
