import { failure, type Judgement, ok, skipped, warning } from '../finding.ts';
import { isSeen, type Observation } from '../observation.ts';
import type { Check } from './check.ts';

const INSTALL = 'docker plugin install --alias kasmweb/sidecar:1.1 --grant-all-permissions REF';

export const engineChecks: readonly Check[] = [
  { id: 'privileges', title: 'this command may look everywhere', judge: judgePrivileges },
  { id: 'engine', title: 'Docker’s engine', judge: judgeEngine },
  { id: 'plugin', title: 'the plugin is installed and enabled', question: 1, judge: judgePlugin },
];

function judgePrivileges({ isRoot }: Observation): Judgement {
  return isRoot
    ? ok('runs as root')
    : failure('does not run as root, and can’t see most of what follows', 'Run it as root.');
}

function judgeEngine({ engine }: Observation): Judgement {
  if (!isSeen(engine)) {
    return failure(
      `it does not answer: ${engine.problem}`,
      'Start it (`systemctl start docker`), or name its socket in KASM_SIDECAR_DOCKER_SOCKET.',
    );
  }
  const { version, liveRestore } = engine.value;
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+~-]/).map(Number);
  if (major < 20 || (major === 20 && minor < 10))
    return failure(`version ${version}, older than 20.10`, 'Upgrade Docker to 20.10 or later.');
  // moby issue 51554: "unlock of unlocked mutex".
  if (major === 29 && minor === 0 && patch <= 2) {
    return failure(
      `version ${version}: it dies when a container leaves a network of any plugin (moby issue 51554)`,
      'Upgrade Docker to 29.0.3 or later, now.',
    );
  }
  return ok(`version ${version}${liveRestore ? ', with live-restore' : ''}`);
}

/** A process on the host is no plugin of Docker's list: that it answers is what counts then. */
function judgePlugin({ engine, sidecar }: Observation): Judgement {
  if (!isSeen(engine)) return skipped('the engine was not asked');
  const { plugin, driverAnswer } = sidecar;
  const isAnswered = isSeen(driverAnswer);
  if (!plugin) {
    if (isAnswered) return ok('no managed plugin; the sidecar runs as a process on the host');
    return failure('no managed plugin is installed, and none runs as a process', `Install it: ${INSTALL}`);
  }
  const name = `${plugin.name} (${plugin.reference || plugin.id.slice(0, 12)})`;
  if (plugin.enabled) return ok(`${name} is enabled`);
  if (isAnswered) {
    return warning(
      `${name} is installed but disabled, and a sidecar runs as a process on the host`,
      `Use one of them: docker plugin rm ${plugin.name}, or end the process.`,
    );
  }
  return failure(`${name} is installed but disabled`, `docker plugin enable ${plugin.name}`);
}
