import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Queue } from '../../shared/async.ts';
import { EgressError, explain } from '../../shared/errors.ts';
import { type LaunchScript, parseLaunchScript } from '../../shared/launch-script.ts';
import type { Log } from '../../shared/log.ts';
import type { LaunchScriptView } from '../../shared/session-view.ts';
import type { LaunchScriptControl } from '../control/ports.ts';
import type { Container } from '../docker/container-folder.ts';
import type { RecordStore } from '../store/record-store.ts';
import type { LaunchScriptRecord, launchScriptRecord } from '../store/records.ts';
import type { Notice, TunnelSettings } from '../tunnels/tunnel.ts';

const PROFILE_LABEL = 'kasm.egress';
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const SHORT_ID = 12;

/** Checks the part of a launch script that its tunnel's kind knows; undefined for `none`. */
export type CheckEgress = (egress: LaunchScript['egress']) => Promise<TunnelSettings | undefined>;

export interface FoundLaunchScript {
  readonly key: string;
  readonly script: LaunchScript;
  /** Of the text it was read from: whether it is still the same one. */
  readonly fingerprint: string;
}

interface Stored {
  readonly record: LaunchScriptRecord;
  readonly script: LaunchScript;
  readonly view: LaunchScriptView;
}

/** What identifies a container to a launch script. */
export interface Claimant {
  readonly launchKey: string | undefined;
  readonly container: Pick<Container, 'id' | 'name' | 'labels'> | undefined;
}

/** Launch scripts that wait for their container, and those in use: a container that restarts needs its own again. */
export class LaunchScripts implements LaunchScriptControl {
  readonly #stored = new Map<string, Stored>();
  readonly #store: RecordStore<typeof launchScriptRecord>;
  readonly #profileDir: string;
  readonly #check: CheckEgress;
  readonly #log: Log;
  readonly #listeners = new Set<(key: string) => void>();
  readonly #changes = new Queue();
  /** Keys of launch scripts on disk that this version can't use. */
  readonly #unusable = new Set<string>();

  constructor(parts: {
    store: RecordStore<typeof launchScriptRecord>;
    profileDir: string;
    check: CheckEgress;
    log: Log;
  }) {
    this.#store = parts.store;
    this.#profileDir = parts.profileDir;
    this.#check = parts.check;
    this.#log = parts.log;
  }

  /** Calls `listener` with the key of every launch script that comes, changes or goes. */
  onChange(listener: (key: string) => void): void {
    this.#listeners.add(listener);
  }

  async recover(): Promise<void> {
    const { records, unreadable } = await this.#store.readAll();
    for (const { file, why } of unreadable) this.#log.error('launch scripts', `${file} can't be read: ${why}`);
    for (const record of records) {
      const stored = await this.#understand(record).catch((error) => {
        this.#unusable.add(record.key);
        this.#log.error(record.key, `The stored launch script is no longer valid: ${explain(error)}`);
      });
      if (stored) this.#stored.set(record.key, stored);
    }
  }

  put(key: string, body: unknown): Promise<LaunchScriptView> {
    return this.#changes.run(() => this.#put(key, body));
  }

  async #put(key: string, body: unknown): Promise<LaunchScriptView> {
    const existing = this.#stored.get(key);
    if (existing && isDeepStrictEqual(existing.record.body, body)) return existing.view;
    const stored = await this.#understand({ version: 1, key, storedAt: new Date().toISOString(), body });
    await this.#store.write(key, stored.record);
    this.#stored.set(key, stored);
    this.#unusable.delete(key);
    this.#announce(key);
    return stored.view;
  }

  async list(): Promise<LaunchScriptView[]> {
    return [...this.#stored.values()].map(({ view }) => view);
  }

  remove(key: string): Promise<void> {
    return this.#changes.run(() => this.#remove(key));
  }

  async #remove(key: string): Promise<void> {
    const known = [this.#stored.delete(key), this.#unusable.delete(key)].includes(true);
    if (!known) throw new EgressError('NOT_FOUND', `No launch script is stored under ${key}.`);
    await this.#store.remove(key);
    this.#announce(key);
  }

  /**
   * The launch script of a container, by the contract's order of keys. A container that names its key waits for that one.
   * @throws EgressError PROFILE_INVALID
   */
  async find({ launchKey, container }: Claimant): Promise<FoundLaunchScript | undefined> {
    if (launchKey !== undefined) return this.#at(launchKey);
    if (!container) return undefined;
    const key = this.#keyOf(container);
    if (key !== undefined) return this.#at(key);
    const profile = container.labels[PROFILE_LABEL];
    return profile === undefined ? undefined : this.#readProfile(profile);
  }

  #at(key: string): FoundLaunchScript | undefined {
    const stored = this.#stored.get(key);
    return stored && { key, script: stored.script, fingerprint: fingerprintOf(JSON.stringify(stored.record.body)) };
  }

  #keyOf({ id, name }: Pick<Container, 'id' | 'name'>): string | undefined {
    const keys = [...this.#stored.keys()];
    return (
      keys.find((key) => key.length >= SHORT_ID && id.startsWith(key.toLowerCase())) ?? keys.find((key) => key === name)
    );
  }

  async #readProfile(profile: string): Promise<FoundLaunchScript> {
    if (!PROFILE_NAME.test(profile)) {
      throw new EgressError('PROFILE_INVALID', `The label ${PROFILE_LABEL}=${profile} is not the name of a profile.`);
    }
    const path = join(this.#profileDir, `${profile}.json`);
    try {
      const text = await readFile(path, 'utf8');
      const script = parseLaunchScript(JSON.parse(text));
      await this.#check(script.egress);
      return { key: `profile:${profile}`, script, fingerprint: fingerprintOf(text) };
    } catch (error) {
      throw new EgressError('PROFILE_INVALID', `The profile ${path} can't be used: ${explainFields(error)}`, {
        cause: error,
      });
    }
  }

  async #understand(record: LaunchScriptRecord): Promise<Stored> {
    const script = parseLaunchScript(record.body);
    const settings = await this.#check(script.egress);
    return { record, script, view: toView(record, script, settings) };
  }

  #announce(key: string): void {
    for (const listener of this.#listeners) listener(key);
  }
}

const fingerprintOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function explainFields(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is not JSON'; // its message quotes the text, which holds secrets
  if (!(error instanceof EgressError) || error.fields.length === 0) return explain(error);
  return error.fields.map(({ pointer, reason }) => `${pointer}: ${reason}`).join('; ');
}

const toNotice = ({ line, directive, message }: Notice) => ({
  ...(line === undefined ? {} : { line }),
  directive,
  message,
});

function toView(
  record: LaunchScriptRecord,
  script: LaunchScript,
  settings: TunnelSettings | undefined,
): LaunchScriptView {
  const { egress } = script;
  return {
    key: record.key,
    ...(script.session_id === undefined ? {} : { session_id: script.session_id }),
    type: egress.type,
    ...(egress.provider === undefined ? {} : { provider: egress.provider }),
    ...(egress.gateway === undefined ? {} : { gateway: egress.gateway }),
    peers: [...(settings?.peers ?? [])],
    dns: [...(settings?.dns ?? egress.dns ?? [])],
    allow: egress.allow ?? [],
    ...(script.deadline_seconds === undefined ? {} : { deadline_seconds: script.deadline_seconds }),
    credential: Object.keys(egress.credential ?? {}),
    notices: (settings?.notices ?? []).map(toNotice),
    stored_at: record.storedAt,
  };
}
