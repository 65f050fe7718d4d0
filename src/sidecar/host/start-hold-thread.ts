import { parentPort } from 'node:worker_threads';
import { runInRealTime } from './libc.ts';
import { findNamespace } from './netns.ts';
import { firstProcesses, isStopped, namespaceOf } from './proc.ts';
import type { Held, HoldOrder } from './start-hold.ts';

/** From the namespace to the first instruction Docker needs some 80 ms. */
const LOOK_EVERY_MS = 2;

/** What is still to be done for each namespace. */
const orders = new Map<string, HoldOrder>();
/** Who was told to stop, by namespace: until that takes effect nobody looks stopped. */
const held = new Map<string, readonly number[]>();
let timer: NodeJS.Timeout | undefined;

/**
 * With four times as many busy processes as cores an ordinary thread waits longer than those 80 ms for its turn. It sleeps
 * unless a container starts, and then needs little: looking for a namespace that is not there costs some microseconds.
 */
function hurry(): void {
  try {
    runInRealTime();
  } catch {
    // Not allowed to, or the kernel gives our control group no such time: the odds are worse.
  }
}
hurry();

parentPort?.on('message', (order: HoldOrder) => {
  orders.set(order.sandboxKey, order);
  work();
  if (orders.size > 0) timer ??= setInterval(work, LOOK_EVERY_MS);
});

function work(): void {
  for (const order of orders.values()) {
    if (!isDone(order)) continue;
    orders.delete(order.sandboxKey);
    if (order.act !== 'hold') held.delete(order.sandboxKey);
  }
  if (orders.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

/** Whatever fails is tried again: with all descriptors in use /proc can't be read, and who is held must not stay so. */
function isDone(order: HoldOrder): boolean {
  try {
    return carryOut(order);
  } catch {
    return false;
  }
}

/** @returns whether nothing is left to do */
function carryOut({ act, sandboxKey, processes: known }: HoldOrder): boolean {
  const namespace = findNamespace(sandboxKey);
  if (!namespace) return act !== 'hold';
  if (act === 'hold') {
    const processes = known ?? firstProcesses(namespace.inode);
    for (const id of processes) signal(id, 'SIGSTOP');
    if (processes.length === 0) return false;
    held.set(sandboxKey, processes);
    parentPort?.postMessage({ sandboxKey, processes } satisfies Held);
    return true;
  }
  const own = held.get(sandboxKey)?.filter((id) => namespaceOf(id) === namespace.inode);
  // What an earlier process of ours held is not known to this one.
  for (const id of own ?? firstProcesses(namespace.inode).filter(isStopped))
    signal(id, act === 'release' ? 'SIGCONT' : 'SIGKILL');
  return true;
}

function signal(id: number, name: NodeJS.Signals): void {
  try {
    process.kill(id, name);
  } catch {
    // It has just ended.
  }
}
