import type { Outcome } from './shell.ts';
import { attempt, sh } from './shell.ts';
import { waitFor } from './wait.ts';

/** Docker's own command line. Gives what it printed; throws with its stderr. */
export const docker = (...args: string[]): Promise<string> => sh('docker', ...args);

export const tryDocker = (...args: string[]): Promise<Outcome> => attempt(['docker', ...args]);

/** For what takes longer than a command usually may: many of them at the same time. */
export const tryDockerWithin = (limitMs: number, ...args: string[]): Promise<Outcome> =>
  attempt(['docker', ...args], limitMs);

/** As the documents do it: `docker inspect -f '{{.NetworkSettings.SandboxKey}}' CONTAINER`. */
export const sandboxKey = (container: string): Promise<string> =>
  docker('inspect', '-f', '{{.NetworkSettings.SandboxKey}}', container);

export const namespaceOf = async (container: string): Promise<string> =>
  (await sandboxKey(container)).split('/').at(-1) ?? '';

/** `nsenter --net=/var/run/docker/netns/<ns> …`: a program of the host's with the container's network. */
export const inNamespace = async (container: string, ...argv: string[]): Promise<string> =>
  sh('nsenter', `--net=${await sandboxKey(container)}`, ...argv);

/** A command in the container that may fail, cut off after `seconds`. */
export const inContainer = (container: string, seconds: number, ...argv: string[]): Promise<Outcome> =>
  tryDocker('exec', container, 'timeout', String(seconds), ...argv);

/** The container's address on a network. */
export const addressOn = (network: string, container: string): Promise<string> =>
  docker('inspect', '-f', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, container);

export const subnetOf = (network: string): Promise<string> =>
  docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Subnet}}', network);

/** Waits until the container's first process is dead; Docker itself says so only when it has asked all its plugins. */
export const processGone = (pid: number): Promise<boolean> =>
  waitFor(`process ${pid} to be gone`, async () => (await attempt(['kill', '-0', String(pid)])).exitCode !== 0, {
    everyMs: 20,
  });

export const pidOf = async (container: string): Promise<number> =>
  Number(await docker('inspect', '-f', '{{.State.Pid}}', container));
