import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { type SessionEvent, sessionEvent } from '../../shared/session-view.ts';

const KEPT = 2000;

/**
 * Every change of state, in order, on disk before anyone hears of it: so that after a crash nobody is told twice that a
 * session ended, and a listener can ask for what it missed. Ids only grow, also across reboots: they are milliseconds.
 */
export class EventJournal {
  readonly #path: string;
  #events: SessionEvent[] = [];
  /** A line may have been cut short, so the next begins on one of its own. */
  #torn = false;
  readonly #listeners = new Set<(event: SessionEvent) => void>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Reads what an earlier process wrote. A torn last line, from a crash while writing, is dropped. */
  open(): void {
    this.#events = readLines(this.#path).flatMap(parseLine).slice(-KEPT);
    this.#torn = !written(() => {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      this.#writeAll();
    });
  }

  append(event: Omit<SessionEvent, 'id' | 'time'>): SessionEvent {
    const now = Date.now();
    const entry = {
      id: Math.max((this.#events.at(-1)?.id ?? 0) + 1, now),
      time: new Date(now).toISOString(),
      ...event,
    };
    const line = `${this.#torn ? '\n' : ''}${toLine(entry)}`;
    this.#torn = !written(() => appendFileSync(this.#path, line, { mode: 0o600 }));
    this.#events.push(entry);
    if (this.#events.length > 2 * KEPT) this.#trim();
    for (const listener of this.#listeners) listener(entry);
    return entry;
  }

  #trim(): void {
    this.#events = this.#events.slice(-KEPT);
    if (written(() => this.#writeAll())) this.#torn = false;
  }

  #writeAll(): void {
    writeFileAtomic.sync(this.#path, this.#events.map(toLine).join(''), { mode: 0o600 });
  }

  /** Whether the last that was told of it is its end: a namespace may become a session anew. */
  hasEnded(namespace: string): boolean {
    return this.#events.findLast((event) => event.namespace === namespace)?.state === 'ended';
  }

  after(id: number): SessionEvent[] {
    return this.#events.filter((event) => event.id > id);
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** A full file system costs the memory of events after a crash, not the session: listeners still hear of them. */
function written(write: () => void): boolean {
  try {
    write();
    return true;
  } catch {
    return false;
  }
}

const toLine = (event: SessionEvent): string => `${JSON.stringify(event)}\n`;

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function parseLine(line: string): SessionEvent[] {
  try {
    return [sessionEvent.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
