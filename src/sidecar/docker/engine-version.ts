import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../shared/log.ts';

/** 29.0.0 to 29.0.2, with whatever a distribution appends; not 29.0.20. */
const FATAL_VERSION = /^29\.0\.[0-2](?!\d)/;

/** What an operator must know of this engine; undefined where there is nothing. */
export const dangerOf = (version: string): string | undefined =>
  FATAL_VERSION.test(version)
    ? `Docker ${version} DIES when a container leaves a network of any plugin, and takes this host's containers with it ` +
      '(moby issue 51554). Upgrade Docker to 29.0.3 or later before you start sessions.'
    : undefined;

const FIRST_TO_ANNOUNCE = 28;

/** Whether that engine makes known addresses from inside a namespace; one whose version nobody can read may. */
export const announcesAddresses = (version: string): boolean => !(Number.parseInt(version, 10) < FIRST_TO_ANNOUNCE);

export interface VersionSource {
  version(timeoutMs: number): Promise<string>;
}

const TIMEOUT_MS = 2_000;

/** Says in each of `logs` which engine this is, as soon as it can be asked: one that boots does not answer. */
export async function reportEngine(engine: VersionSource, logs: readonly Log[], retryMs = 5_000): Promise<void> {
  const version = await versionOf(engine, retryMs);
  const danger = dangerOf(version);
  for (const log of logs) {
    if (danger === undefined) log.info('engine', `Docker ${version}`);
    else log.error('engine', danger);
  }
}

/** As soon as it can be asked. */
export async function versionOf(engine: VersionSource, retryMs = 5_000): Promise<string> {
  for (;;) {
    const version = await engine.version(TIMEOUT_MS).catch(() => undefined);
    if (version !== undefined) return version;
    await sleep(retryMs, undefined, { ref: false });
  }
}
