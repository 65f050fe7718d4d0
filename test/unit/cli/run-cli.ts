import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../../src/cli/kasm-sidecar.ts', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly input?: string;
  readonly env?: Record<string, string>;
  /** Needs root. */
  readonly uid?: number;
}

/** Whether user `uid` can run the program at all: not without root, and not where it lies in a folder like /root. */
export function canRunAs(uid: number): boolean {
  const program = `require('node:fs').accessSync(${JSON.stringify(ENTRY)})`;
  return process.getuid?.() === 0 && spawnSync(process.execPath, ['-e', program], { uid, cwd: '/' }).status === 0;
}

/** No terminal, no settings of the developer's own: what a script on a host sees. */
export function startCli(args: readonly string[], { env = {}, uid }: CliOptions = {}) {
  const { PATH = '' } = process.env;
  return spawn(process.execPath, [ENTRY, ...args], { env: { PATH, ...env }, stdio: 'pipe', ...(uid && { uid }) });
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startCli(args, options);
  child.stdin.on('error', () => {}).end(options.input);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, stdout, stderr };
}
