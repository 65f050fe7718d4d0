import { readSettings } from '../sidecar/config.ts';
import { collect } from './bundle/collect.ts';
import { contentsOf } from './bundle/contents.ts';
import { writeBundle } from './bundle/write.ts';
import { diagnose, matches } from './checks/all.ts';
import { type Finding, failure, type Report, verdictOf } from './finding.ts';
import type { Observation } from './observation.ts';
import { lookWith, runWith } from './observe/look.ts';
import { observe } from './observe/observe.ts';
import type { SidecarApi } from './observe/sidecar.ts';
import { probe } from './probe/probe.ts';

export interface DoctorRequest {
  readonly api: SidecarApi;
  readonly ownVersion: string;
  /** Where the command line asks; also where somebody said so by an option. */
  readonly controlSocket: string;
  /** Only about this container. */
  readonly key?: string;
  /** Try to leak, too. */
  readonly probe?: boolean;
}

export interface Examination {
  readonly seen: Observation;
  readonly report: Report;
}

/** Looks at everything once, and judges it. */
export async function examine({ key, probe: isWanted = false, ...request }: DoctorRequest): Promise<Examination> {
  const settings = readSettings();
  const seen = await observe({ ...settings, ...request, places: settings });
  const about = key === undefined ? seen.containers : seen.containers.filter((container) => matches(container, key));
  const unknown: Finding[] = key !== undefined && about.length === 0 ? [unknownContainer(key)] : [];
  const { plugin, pid } = seen.sidecar;
  const pluginPid = plugin?.enabled ? pid : undefined;
  const tried = isWanted ? await probe({ run: runWith(pluginPid), look: lookWith(pluginPid) }, about) : [];
  return { seen, report: reportOf(seen.now, [...diagnose(seen, about), ...unknown, ...tried]) };
}

/** All that somebody who helps from afar would ask for, without secrets. @throws Error where it can't be written */
export async function bundle({ seen, report }: Examination, api: SidecarApi, target: string): Promise<void> {
  await writeBundle(target, contentsOf(report, seen, await collect(seen, api, readSettings().logDir)));
}

export const reportOf = (now: number, checks: readonly Finding[]): Report => ({
  time: new Date(now).toISOString(),
  verdict: verdictOf(checks),
  checks,
});

const unknownContainer = (key: string): Finding => ({
  id: 'container',
  title: 'the container that was asked for',
  subject: key,
  ...failure('it does not run, or is on no network of this plugin', 'kasm-sidecar status lists those that are.'),
});
