import { failure, type Judgement, ok, skipped, warning } from '../finding.ts';
import { isSeen, type Observation, type SidecarView } from '../observation.ts';
import { type Check, listed } from './check.ts';

export const sidecarChecks: readonly Check[] = [
  { id: 'driver-socket', title: 'the plugin’s socket answers Docker', judge: judgeDriver },
  { id: 'control-endpoint', title: 'the control endpoint answers', judge: judgeControl },
  { id: 'health', title: 'the sidecar’s own health', judge: judgeHealth },
  { id: 'capabilities', title: 'the sidecar’s capabilities', judge: judgeCapabilities },
];

/** How this kind of sidecar is started, and started again. */
export const startOf = ({ plugin }: SidecarView): string =>
  plugin ? `docker plugin enable ${plugin.name}` : '`kasm-sidecar serve`';
const restartOf = ({ plugin }: SidecarView): string =>
  plugin ? '`scripts/restart-plugin`' : 'end the process (SIGTERM), then `kasm-sidecar serve`';

function judgeDriver({ sidecar }: Observation): Judgement {
  const { driverAnswer, driverSocket } = sidecar;
  if (!isSeen(driverAnswer)) {
    return failure(
      `${driverAnswer.problem}; each of Docker’s calls waits 15 s, and containers don’t start`,
      `Start it: ${startOf(sidecar)}`,
    );
  }
  if (driverAnswer.value.includes('"Scope"')) return ok(driverSocket);
  return failure(
    `${driverSocket} does not answer as a network plugin: ${driverAnswer.value.slice(0, 80).trim()}`,
    `See plugin.log, and start it again: ${restartOf(sidecar)}`,
  );
}

function judgeControl({ sidecar }: Observation): Judgement {
  const { version, ownVersion, pid } = sidecar;
  if (!isSeen(version)) return failure(version.problem.split('\n')[0] ?? '', `Start it: ${startOf(sidecar)}`);
  const seen = `version ${version.value}${pid === undefined ? '' : `, process ${pid}`}`;
  if (version.value === ownVersion) return ok(seen);
  return warning(`${seen}; this command line is ${ownVersion}`, 'Use the command line of the version that runs.');
}

function judgeHealth({ sidecar }: Observation): Judgement {
  if (!isSeen(sidecar.health)) return skipped('the control endpoint does not answer');
  const ill = sidecar.health.value.filter((check) => !check.ok);
  if (ill.length === 0) return ok(listed(sidecar.health.value.map(({ name }) => `${name} fine`)));
  return failure(
    listed(ill.map(({ name, message }) => (message ? `${name}: ${message}` : `${name}: not as they should be`))),
    'Look again in 30 s: it repairs its own rules. If it stays so, the network log says why.',
  );
}

/** capabilities(7), by their bit. */
const NEEDED: Readonly<Record<string, bigint>> = { CAP_NET_ADMIN: 12n, CAP_SYS_PTRACE: 19n, CAP_SYS_ADMIN: 21n };

function judgeCapabilities({ sidecar }: Observation): Judgement {
  const { capabilities } = sidecar;
  if (capabilities === undefined) return skipped('its process was not found');
  const missing = Object.keys(NEEDED).filter((name) => (capabilities & (1n << (NEEDED[name] ?? 0n))) === 0n);
  if (missing.length === 0) return ok(listed(Object.keys(NEEDED)));
  return failure(
    `it lacks ${listed(missing)}`,
    sidecar.plugin
      ? 'Install the plugin anew, with --grant-all-permissions.'
      : 'Run it as root, and take no capability from it (systemd: CapabilityBoundingSet).',
  );
}
