import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** CPU seconds that a process and its ended children have used; proc(5): fields 14 to 17. */
export function cpuSecondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / TICKS_PER_SECOND;
}

/** CPU seconds that all of the machine was busy for, whoever's they were. */
export function machineCpuSeconds(): number {
  const [, user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8').split(/\s+/, 9);
  const busy = [user, nice, system, irq, softirq, steal].map((ticks) => Number(ticks ?? 0));
  return busy.reduce((sum, ticks) => sum + ticks, 0) / TICKS_PER_SECOND;
}

/** In MiB. */
export const residentOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Docker's own for each container, and what runs in it. */
const NOT_OURS = /^(containerd-shim|sleep|runc|docker|ping)/;

/** How many processes there are but for the containers'. */
export const processCount = (): number =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !NOT_OURS.test(nameOf(name))).length;

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch {
    return 'docker'; // ended meanwhile: nobody's
  }
}

export const descriptorCount = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
