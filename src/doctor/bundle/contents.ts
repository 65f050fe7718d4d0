import type { LaunchScriptView, SessionView } from '../../shared/session-view.ts';
import type { EngineReport } from '../../sidecar/docker/engine-report.ts';
import type { Report } from '../finding.ts';
import { isSeen, type Observation, type Seen } from '../observation.ts';

/** A file of the bundle, by its name in it. */
export interface BundleFile {
  readonly name: string;
  readonly text: string;
}

/**
 * What was collected besides the observation. No file of a tunnel, no launch script, no profile and no environment of a
 * container is ever among it: what is not named here does not go in.
 */
export interface Collected {
  readonly launchScripts: Seen<readonly LaunchScriptView[]>;
  /** Sessions as the control endpoint shows them, which has no secrets. */
  readonly sessions: Seen<readonly SessionView[]>;
  /** What programs printed, by the file's name. */
  readonly printed: Readonly<Record<string, Seen<string>>>;
  /** The ends of both logs. */
  readonly logs: Readonly<Record<string, Seen<readonly string[]>>>;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** An answer that failed says why: that, too, is worth knowing. */
const shown = (seen: Seen<string>): string => (isSeen(seen) ? seen.value : `could not be had: ${seen.problem}\n`);
const listed = <T>(seen: Seen<T>): unknown => (isSeen(seen) ? seen.value : { problem: seen.problem });

export const contentsOf = (report: Report, seen: Observation, collected: Collected): BundleFile[] => [
  { name: 'doctor.json', text: json(report) },
  { name: 'versions.json', text: json(versionsOf(seen)) },
  { name: 'docker.json', text: json(isSeen(seen.engine) ? engineOf(seen.engine.value) : seen.engine) },
  { name: 'sessions.json', text: json(listed(collected.sessions)) },
  { name: 'launch-scripts.json', text: json(launchScriptsOf(collected.launchScripts)) },
  ...Object.entries(collected.printed).map(([name, text]) => ({ name, text: shown(text) })),
  ...Object.entries(collected.logs).map(([name, lines]) => ({
    name,
    text: isSeen(lines) ? `${lines.value.join('\n')}\n` : shown(lines),
  })),
];

function versionsOf({ sidecar, host, engine }: Observation): object {
  return {
    command_line: sidecar.ownVersion,
    sidecar: listed(sidecar.version),
    engine: isSeen(engine) ? engine.value.version : engine,
    kernel: host.kernel,
    node: process.version,
    tools: Object.fromEntries(host.tools.map(({ name, version }) => [name, version ?? null])),
  };
}

/** Of the engine: versions, plugins, networks and containers. Of options only ours: others may hold anything. */
const OWN_OPTIONS = ['policy', 'proxy', 'proxy_port', 'bridge', 'deadline'];

const engineOf = ({ version, liveRestore, plugins, networks, containers }: EngineReport): object => ({
  version,
  liveRestore,
  plugins,
  networks: networks.map(({ options, ...network }) => ({
    ...network,
    options: Object.fromEntries(Object.entries(options).filter(([name]) => OWN_OPTIONS.includes(name))),
  })),
  containers,
});

/** Which there are, and what was understood of them; not what they say. */
const launchScriptsOf = (scripts: Seen<readonly LaunchScriptView[]>): unknown =>
  isSeen(scripts)
    ? scripts.value.map(({ key, type, provider, gateway, peers, credential, stored_at }) => {
        return { key, type, provider, gateway, peers, fields: credential, stored_at };
      })
    : scripts;
