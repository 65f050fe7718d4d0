import { readFile } from 'node:fs/promises';

/** What a process has cost until now. */
export interface Load {
  /** Clock ticks (100 a second) of it and of all children that it has waited for. */
  readonly ticks: number;
  /** Of everybody in these surroundings, threads as well: ids are given in their order. */
  readonly lastPid: number;
}

export async function loadOf(pid: number): Promise<Load> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  const ticks = fields.slice(14 - 3, 18 - 3).reduce((sum, field) => sum + Number(field), 0); // utime stime cutime cstime
  return { ticks, lastPid: Number(await readFile('/proc/sys/kernel/ns_last_pid', 'utf8')) };
}

export const difference = (from: Load, to: Load): { ticks: number; starts: number } => ({
  ticks: to.ticks - from.ticks,
  starts: to.lastPid - from.lastPid,
});
