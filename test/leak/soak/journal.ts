import { readFile } from 'node:fs/promises';
import { RUN_FOLDER } from '../../support/sidecar.ts';

interface Event {
  readonly id: number;
  readonly namespace: string;
  readonly state: string;
}

/** All events of a long time: the daemon's own journal keeps only the last of them. */
export class JournalReader {
  readonly #events = new Map<number, Event>();
  readonly #others = new Set<string>();

  /** Those that are there by now are somebody else's. */
  async leaveOut(): Promise<void> {
    await this.read();
    for (const namespace of this.#namespaces()) this.#others.add(namespace);
  }

  async read(): Promise<void> {
    const text = await readFile(`${RUN_FOLDER}/events.jsonl`, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      if (!line.endsWith('}')) continue; // being written
      const event = JSON.parse(line) as Event;
      this.#events.set(event.id, event);
    }
  }

  #namespaces(): string[] {
    const all = new Set([...this.#events.values()].map(({ namespace }) => namespace));
    return [...all].filter((namespace) => !this.#others.has(namespace));
  }

  /** How often each session was told to have ended, where that is not once. */
  wrongEnds(): string[] {
    const ended = [...this.#events.values()].filter(({ state }) => state === 'ended');
    return this.#namespaces()
      .map((namespace) => ({ namespace, times: ended.filter((event) => event.namespace === namespace).length }))
      .filter(({ times }) => times !== 1)
      .map(({ namespace, times }) => `${namespace} ended ${times} times`);
  }
}
