import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SITE } from '../../../lab/addresses.ts';
import type { Gateway } from '../../../lab/gateway.ts';
import { docker, tryDocker } from '../../support/docker.ts';
import { exitAddress, runContainer } from '../../support/session.ts';
import { waitFor } from '../../support/wait.ts';
import { type Attacker, asAttacker, lookAt, TOOLS } from '../attacker.ts';
import type { Network } from '../network.ts';
import type { Posture } from '../posture.ts';
import type { Recipe } from './recipe.ts';
import type { StateName } from './state.ts';
import { asVpn, layOut } from './vpn-container.ts';
import type { Reached } from './way.ts';

/** A VPN container, and the attacker that shares its namespace. */
export interface Mate {
  readonly recipe: Recipe;
  readonly vpn: string;
  readonly attacker: Attacker;
  readonly gateway: Gateway;
  readonly folder: string;
}

export async function startMate(
  recipe: Recipe,
  posture: Posture,
  state: StateName,
  network: Network,
  gateway: Gateway,
): Promise<Mate> {
  const client = await gateway.addClient({ ipv6: true });
  const server = state === 'connecting' ? SITE.v4 : gateway.v4;
  const folder = await layOut(recipe, { client, gateway, server, network });
  const vpn = `vpn-${recipe.name}-${posture.word}`;
  await runContainer(vpn, {
    network: network.name,
    run: [...TOOLS, ...asVpn(folder), ...recipe.run],
    command: ['/usr/bin/bash', '/vpn/first-process'],
  });
  const container = `${recipe.name}-${posture.word}`;
  await runContainer(container, asAttacker(posture, { ...network, name: `container:${vpn}` }));
  const attacker = { ...(await lookAt(vpn, network, posture)), container };
  return { recipe, vpn, attacker, gateway, folder };
}

export async function removeMates(mates: readonly Mate[]): Promise<void> {
  await docker('rm', '-f', ...mates.flatMap(({ vpn, attacker }) => [attacker.container, vpn]));
  await Promise.all(mates.map(({ folder }) => rm(folder, { recursive: true, force: true })));
}

/** Gives the sign for a step, and waits until it is done. */
export async function go({ recipe, vpn, folder }: Mate, step: 'rules' | 'tunnel'): Promise<void> {
  const { tunnelProcess, device } = recipe;
  await writeFile(join(folder, `go-${step}`), '');
  // A program that takes the place of the first process leaves no sign.
  const isDone =
    step === 'tunnel' && tunnelProcess === undefined
      ? () => hasDevice(vpn, device)
      : () => existsSync(join(folder, `done-${step}`));
  await waitFor(`${vpn} to have its ${step}`, isDone, { timeoutMs: 30_000 }).catch((cause) => explain(vpn, cause));
}

export async function killTunnel({ recipe, vpn }: Mate): Promise<void> {
  const process = recipe.tunnelProcess ?? '';
  await docker('exec', vpn, '/usr/bin/pkill', '-KILL', '-x', process);
  await waitFor(
    `the end of ${process}`,
    async () => (await tryDocker('exec', vpn, '/usr/bin/pgrep', '-x', process)).exitCode === 1,
  );
}

/** Until a page that its attacker fetches comes by the gateway. */
export const isConnected = ({ vpn, attacker: { container }, gateway }: Mate): Promise<unknown> =>
  waitFor(`${container} to leave by its gateway`, async () => (await exitAddress(container)) === gateway.v4, {
    timeoutMs: 30_000,
  }).catch((cause) => explain(vpn, cause));

const hasDevice = async (vpn: string, device: string): Promise<boolean> =>
  (await tryDocker('exec', vpn, '/usr/bin/ip', 'link', 'show', 'dev', device)).exitCode === 0;

/** A VPN container that has ended leaks nothing, and proves nothing. */
export async function assertRunning({ vpn }: Mate): Promise<void> {
  if ((await docker('inspect', '-f', '{{.State.Running}}', vpn)) !== 'true') await explain(vpn, new Error('has ended'));
}

/** @throws Error always: `cause`, and what the VPN container said. */
async function explain(vpn: string, cause: Error): Promise<never> {
  const { stdout, stderr } = await tryDocker('logs', '--tail', '40', vpn);
  throw new Error(`${cause.message}; ${vpn} said:\n${stdout}\n${stderr}`, { cause });
}

/** As whoever changed something does it: the VPN container first, then the one that needs it. */
export async function restart({ recipe, vpn, attacker }: Mate): Promise<Reached['attackers'][number]> {
  await docker('restart', '-t', '0', vpn);
  await docker('restart', '-t', '0', attacker.container);
  const { container, network, posture } = attacker;
  return { way: recipe.name, attacker: { ...(await lookAt(vpn, network, posture)), container } };
}
