import { parentPort } from 'node:worker_threads';
import { findNamespace } from './netns.ts';
import { firstProcesses, isStopped } from './proc.ts';
import type { HoldOrder } from './start-hold.ts';

/** From the namespace to the first instruction Docker needs some 80 ms. */
const LOOK_EVERY_MS = 2;

const awaited = new Set<string>();
let timer: NodeJS.Timeout | undefined;

parentPort?.on('message', ({ act, sandboxKey }: HoldOrder) => {
  if (act === 'hold') awaited.add(sandboxKey);
  else awaited.delete(sandboxKey);
  if (act === 'release') signalStopped(sandboxKey, 'SIGCONT');
  if (act === 'refuse') signalStopped(sandboxKey, 'SIGKILL');
  if (awaited.size > 0) timer ??= setInterval(look, LOOK_EVERY_MS);
});

function look(): void {
  for (const sandboxKey of awaited) if (stop(sandboxKey)) awaited.delete(sandboxKey);
  if (awaited.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

/** @returns whether there was a process to stop */
function stop(sandboxKey: string): boolean {
  const processes = firstProcessesAt(sandboxKey);
  for (const id of processes) signal(id, 'SIGSTOP');
  return processes.length > 0;
}

function signalStopped(sandboxKey: string, name: 'SIGCONT' | 'SIGKILL'): void {
  for (const id of firstProcessesAt(sandboxKey)) if (isStopped(id)) signal(id, name);
}

function firstProcessesAt(sandboxKey: string): number[] {
  const namespace = findNamespace(sandboxKey);
  return namespace ? firstProcesses(namespace.inode) : [];
}

function signal(id: number, name: NodeJS.Signals): void {
  try {
    process.kill(id, name);
  } catch {
    // It has just ended.
  }
}
