import { closeSync, openSync, readSync } from 'node:fs';
import { inside } from './inside.ts';
import type { Namespace } from './netns.ts';

/** Bytes that passed a device. */
export interface Counters {
  readonly received: number;
  readonly sent: number;
}

const scratch = Buffer.alloc(64 * 1024); // one line of 120 bytes a device; read and parsed within one turn of the event loop

/**
 * What one device of a namespace has counted, by its name: it may be another device by then. From /proc/net/dev, opened
 * inside, which shows that namespace from then on. Netlink would wait for the kernel's one lock on all links (rtnl), some
 * 0.9 ms on a host where containers start, and this is asked every second for every session.
 */
export class LinkCounters {
  readonly #file: number;
  readonly #device: string;
  #isOpen = true;

  constructor(namespace: Namespace, device: string) {
    this.#file = inside(namespace, () => openSync('/proc/thread-self/net/dev', 'r'));
    this.#device = device;
  }

  /** Undefined where there is no such device. */
  read(): Counters | undefined {
    if (!this.#isOpen) return undefined;
    const length = readSync(this.#file, scratch, 0, scratch.length, 0);
    return parseCounters(scratch.toString('latin1', 0, length), this.#device);
  }

  /** Until then it keeps the namespace alive. */
  close(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}

/** Whether `namespace` has a device of that name; not, where the namespace is gone. */
export function hasDevice(namespace: Namespace, device: string): boolean {
  let counters: LinkCounters;
  try {
    counters = new LinkCounters(namespace, device);
  } catch {
    return false;
  }
  try {
    return counters.read() !== undefined;
  } finally {
    counters.close();
  }
}

const SENT_COLUMN = 8;

/** proc(5): `name: bytes packets … (8 columns received) bytes packets … (sent)`. */
export function parseCounters(text: string, device: string): Counters | undefined {
  const line = text.split('\n').find((one) => one.trimStart().startsWith(`${device}:`));
  const columns = line?.split(':')[1]?.trim().split(/\s+/).map(Number);
  return columns && { received: columns[0] ?? 0, sent: columns[SENT_COLUMN] ?? 0 };
}
