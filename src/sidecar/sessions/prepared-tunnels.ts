import { mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Queue } from '../../shared/async.ts';
import { explain } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { tunnelName } from '../../shared/names.ts';
import type { CreatedContainer } from '../docker/creations.ts';
import type { HostPlace, TunnelKind, TunnelKindName, TunnelRecord } from '../tunnels/tunnel.ts';
import { isTunnelKind } from '../tunnels/tunnel.ts';
import type { FoundLaunchScript, LaunchScripts } from './launch-scripts.ts';

/** From a container's creation on; `docker run` and Kasm's agent start it at once. */
const KEPT_FOR_MS = 10_000;
/** With more starts at once the host is busy as it is, and what is made early others wait for. */
const MOST = 8;

interface PreparedTunnel {
  readonly found: FoundLaunchScript;
  /** Undefined where it failed: whoever connects finds out why, and says so. */
  readonly record: Promise<TunnelRecord | undefined>;
}

/** A container that was created and that we have not been asked about yet. */
interface Upcoming {
  readonly container: CreatedContainer;
  readonly place: HostPlace;
  readonly changes: Queue;
  readonly timer: NodeJS.Timeout;
  tunnel: PreparedTunnel | undefined;
}

interface Parts {
  readonly runDir: string;
  readonly launchScripts: Pick<LaunchScripts, 'find'>;
  readonly tunnels: Readonly<Record<TunnelKindName, TunnelKind>>;
  readonly log: Log;
}

/**
 * What a tunnel needs on the host and not in a namespace, made while Docker still goes its way from a container's creation to
 * its start (docs/adr/0019-prepared-tunnels.md). Nothing of it is in a record: a later process of ours takes it for nobody's.
 */
export class PreparedTunnels {
  readonly #folder: string;
  readonly #launchScripts: Parts['launchScripts'];
  readonly #tunnels: Parts['tunnels'];
  readonly #log: Log;
  readonly #upcoming = new Map<string, Upcoming>();

  constructor({ runDir, launchScripts, tunnels, log }: Parts) {
    this.#folder = join(runDir, 'prepared');
    this.#launchScripts = launchScripts;
    this.#tunnels = tunnels;
    this.#log = log;
  }

  /** Takes away the files that an earlier process of ours has left. */
  async recover(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Docker has created it: whether it will be on a network of ours, its launch script tells. */
  created(container: CreatedContainer): void {
    const { id } = container;
    const place = { hostDevice: tunnelName(id), folder: join(this.#folder, id.slice(0, 12)) };
    const timer = setTimeout(() => void this.forget(id), KEPT_FOR_MS).unref();
    const upcoming: Upcoming = { container, place, changes: new Queue(), timer, tunnel: undefined };
    this.#upcoming.set(id, upcoming);
    this.#consider(upcoming);
  }

  /** Any launch script came, changed or went. */
  scriptsChanged(): void {
    for (const upcoming of this.#upcoming.values()) this.#consider(upcoming);
  }

  /**
   * Gives what was made for that container, if it was for this very launch script; its files are in `folder` then. What was made
   * for another one is taken away. Both only once.
   */
  async take(id: string, wanted: FoundLaunchScript, folder: string): Promise<TunnelRecord | undefined> {
    const upcoming = this.#remove(id);
    return upcoming?.changes.run(async () => {
      const { tunnel, place } = upcoming;
      const record = tunnel && isSame(tunnel.found, wanted) ? await tunnel.record : undefined;
      if (record && this.#moveFiles(upcoming, folder)) return { ...record, hostDevice: place.hostDevice };
      await this.#drop(upcoming);
      return undefined;
    });
  }

  /** That container does not come for it. Absent is success. */
  async forget(id: string): Promise<void> {
    const upcoming = this.#remove(id);
    await upcoming?.changes.run(() => this.#drop(upcoming));
  }

  /** Nobody comes for any of it any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#upcoming.keys()].map((id) => this.forget(id)));
  }

  #consider(upcoming: Upcoming): void {
    upcoming.changes.run(() => this.#prepare(upcoming)).catch(() => undefined); // its start finds out why, and says so
  }

  async #prepare(upcoming: Upcoming): Promise<void> {
    const { container, place } = upcoming;
    if (!this.#upcoming.has(container.id)) return;
    const found = await this.#launchScripts.find({ launchKey: undefined, container });
    if (found && upcoming.tunnel && isSame(upcoming.tunnel.found, found)) return;
    await this.#drop(upcoming);
    if (!found || !isTunnelKind(found.script.egress.type) || this.#count >= MOST) return;
    const kind = this.#tunnels[found.script.egress.type];
    const record = kind.prepare(place, kind.parse(found.script.egress)).catch(() => undefined);
    upcoming.tunnel = { found, record };
    await record;
  }

  get #count(): number {
    return [...this.#upcoming.values()].filter(({ tunnel }) => tunnel).length;
  }

  #remove(id: string): Upcoming | undefined {
    const upcoming = this.#upcoming.get(id);
    clearTimeout(upcoming?.timer);
    this.#upcoming.delete(id);
    return upcoming;
  }

  async #drop(upcoming: Upcoming): Promise<void> {
    const { container, place, tunnel } = upcoming;
    upcoming.tunnel = undefined;
    const record = await tunnel?.record;
    if (record)
      await this.#tunnels[record.kind]
        .remove(place, record)
        .catch((error) => this.#log.error(container.name, explain(error)));
    await rm(place.folder, { recursive: true, force: true });
  }

  /** @returns false where it could not be done: then it is made anew, where it belongs */
  #moveFiles({ container, place }: Upcoming, folder: string): boolean {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const name of readdirSync(place.folder)) renameSync(join(place.folder, name), join(folder, name));
      rmdirSync(place.folder);
      return true;
    } catch (error) {
      this.#log.error(container.name, `What was prepared can't be used: ${explain(error)}`);
      return false;
    }
  }
}

const isSame = (one: FoundLaunchScript, other: FoundLaunchScript): boolean =>
  one.key === other.key && one.fingerprint === other.fingerprint;
