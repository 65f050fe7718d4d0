import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { descriptorCount } from './processes.ts';

/** What the machine has left for sessions. */
export interface Room {
  readonly memoryMiB: number;
  /** Of the kernel, which counts every thread as a process. */
  readonly threads: number;
  /** Of the daemon. */
  readonly descriptors: number;
}

/** Of one session: its container's shim and process, its tunnel, and its share of what Docker and the kernel keep. */
const NEEDED: Room = { memoryMiB: 16, threads: 32, descriptors: 6 };
const NAMES: Readonly<Record<keyof Room, string>> = {
  memoryMiB: 'MiB of memory',
  threads: 'threads',
  descriptors: 'open files of the daemon',
};

/** What so many further sessions lack, in words; nothing where they fit. */
export function whatLacks(sessions: number, room: Room): string | undefined {
  const lacking = (['memoryMiB', 'threads', 'descriptors'] as const).find(
    (kind) => room[kind] < sessions * NEEDED[kind],
  );
  if (lacking === undefined) return undefined;
  return `they need some ${sessions * NEEDED[lacking]} ${NAMES[lacking]}, and ${Math.floor(room[lacking])} are left`;
}

const numberIn = (file: string, pattern: RegExp): number => Number(pattern.exec(readFileSync(file, 'utf8'))?.[1]);

/** What is left now, for the daemon's process as well. */
export const roomNow = (daemon: number): Room => ({
  memoryMiB: freemem() / 2 ** 20,
  threads:
    Math.min(numberIn('/proc/sys/kernel/pid_max', /(\d+)/), numberIn('/proc/sys/kernel/threads-max', /(\d+)/)) -
    numberIn('/proc/loadavg', /\/(\d+)/),
  descriptors: numberIn(`/proc/${daemon}/limits`, /^Max open files +(\d+)/m) - descriptorCount(daemon),
});
