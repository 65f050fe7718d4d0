import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { argvInside } from './namespace.ts';

/** Starts a program in `namespace` that outlives this process; `removeNamespace` ends it. */
export function startDaemon(namespace: string, argv: readonly string[], logFile: string): void {
  const [program, ...args] = argvInside(namespace, argv);
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: '/' });
  closeSync(log);
  child.on('error', () => undefined); // seen by whoever waits for its port
  child.unref();
}

/** Polls until `ready` is true. */
export async function until(what: string, ready: () => Promise<boolean> | boolean, timeoutMs = 10_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await ready())) {
    if (Date.now() > end) throw new Error(`${what}: not after ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
