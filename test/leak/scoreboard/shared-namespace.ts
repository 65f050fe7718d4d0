import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SITE, WIREGUARD_PORT } from '../../../lab/addresses.ts';
import type { Client, Gateway } from '../../../lab/gateway.ts';
import { docker, tryDocker } from '../../support/docker.ts';
import { exitAddress, runContainer } from '../../support/session.ts';
import { sh } from '../../support/shell.ts';
import { sleep, waitFor } from '../../support/wait.ts';
import { type Attacker, asAttacker, lookAt, TOOLS } from '../attacker.ts';
import type { Group } from '../case.ts';
import { proxy } from '../cases/proxy.ts';
import { mute, unmute } from '../crew.ts';
import { createPlainNetwork, type Network } from '../network.ts';
import { POSTURES, type Posture } from '../posture.ts';
import type { LeakWorld } from '../world.ts';
import type { StateName } from './state.ts';
import type { Fleet, Reached, Way } from './way.ts';

/** What stands in the tunnel's configuration: where its server is, and who we are to it. */
export interface Account {
  readonly client: Client;
  readonly gateway: Gateway;
  /** Of the server; in the state `connecting` it is somebody who never answers. */
  readonly server: string;
  readonly network: Network;
}

/**
 * A VPN container whose network namespace the attacker shares: as its root would, but with capabilities of the attacker's
 * own. Its first process waits for the signs `go-rules` and `go-tunnel` in /vpn, sources /vpn/rules and /vpn/tunnel, and
 * leaves the signs `done-…`; so every state can be held. After a restart the signs are there already.
 */
export interface Recipe extends Way {
  /** Why it can't be tried on this machine. */
  readonly missing?: string;
  readonly absent: Partial<Record<StateName, string>>;
  /** Arguments of `docker run` that its documents give. */
  readonly run: readonly string[];
  /** Text of files in the container's /vpn; scripts for bash. */
  readonly files: (account: Account) => {
    readonly rules: string;
    readonly tunnel: string;
    readonly [file: string]: string;
  };
  /** As `pkill` takes it; none: what carries the tunnel is the container's first process. */
  readonly tunnelProcess: string | undefined;
  /** The tunnel's, inside. */
  readonly device: string;
}

/** Cases of an exception that only our networks have. */
export const withoutOurProxy = (all: readonly Group[]): Group[] => all.filter(({ name }) => name !== proxy.name);

const FIRST_PROCESS = `set -e
rm -f /vpn/done-*
for step in rules tunnel; do
  until [ -e /vpn/go-$step ]; do sleep 0.05; done
  . /vpn/$step
  touch /vpn/done-$step
done
# Bash, and not sleep, is told of processes that died.
while true; do sleep 3600 & wait $!; done
`;

/** As resolvconf does it, which wg-quick calls: the tunnel's resolvers instead of Docker's. In place, for it is a mount. */
const RESOLVCONF = `#!/usr/bin/bash
[ "$1" != -a ] || { text=$(cat); printf '%s\\n' "$text" >/etc/resolv.conf; }
`;

/** What its documents ask for stands as an argument of \`docker run\`; /proc/sys can't be written in a container. */
const SYSCTL = '#!/usr/bin/bash\nexit 0\n';

/** First of all: /usr/sbin/ip leads to /bin/ip, which is busybox here. */
const PATH = '/usr/bin:/usr/sbin:/bin';

interface Mate {
  readonly way: string;
  readonly vpn: string;
  readonly attacker: Attacker;
  readonly gateway: Gateway;
  readonly folder: string;
}

/** All ways in which attackers sit in a VPN container's namespace. Every state gets new containers. */
export class SharedNamespaces implements Fleet {
  readonly ways: readonly Recipe[];
  readonly #world: LeakWorld;
  readonly #networks = new Map<string, Promise<Network>>();

  constructor(world: LeakWorld, recipes: readonly Recipe[]) {
    this.#world = world;
    this.ways = recipes;
  }

  cases = withoutOurProxy;

  absent(way: string, state: StateName): string | undefined {
    const recipe = this.#recipe(way);
    return recipe.missing ?? recipe.absent[state];
  }

  async reach(state: StateName, ways: readonly string[]): Promise<Reached> {
    const mates: Mate[] = [];
    // One way after the other: twice as many containers at once would make Docker's calls time out.
    for (const way of ways)
      mates.push(...(await Promise.all(POSTURES.map((posture) => this.#start(this.#recipe(way), posture, state)))));
    const undo = async () => {
      await docker('rm', '-f', ...mates.flatMap(({ vpn, attacker }) => [attacker.container, vpn]));
      await Promise.all(mates.map(({ folder }) => rm(folder, { recursive: true, force: true })));
    };
    try {
      const { attackers, undo: undoState } = await this.#bring(mates, state);
      if (state !== 'both dead') await Promise.all(mates.map(assertRunning));
      const undoAll = async (): Promise<void> => {
        await undoState?.();
        await undo();
      };
      return { attackers, undo: undoAll };
    } catch (cause) {
      await undo();
      throw cause;
    }
  }

  async #bring(mates: readonly Mate[], state: StateName): Promise<Reached> {
    const attackers = mates.map(({ way, attacker }) => ({ way, attacker }));
    if (state === 'just started') return { attackers };
    await Promise.all(mates.map((mate) => this.#go(mate, 'rules')));
    if (state === 'before the tunnel') return { attackers };
    await Promise.all(mates.map((mate) => this.#go(mate, 'tunnel')));
    if (state === 'connecting') return { attackers };
    await Promise.all(mates.map(isConnected));
    switch (state) {
      case 'connected':
        return { attackers };
      case 'gateway silent': {
        const gateway = this.#world.lab.gateway(1);
        await mute(gateway);
        await sleep(1_000);
        return { attackers, undo: () => unmute(gateway) };
      }
      case 'tunnel dead':
        await Promise.all(mates.map((mate) => this.#killTunnel(mate)));
        return { attackers };
      case 'both dead':
        await Promise.all(mates.map(({ vpn }) => docker('kill', vpn)));
        return { attackers };
      case 'restarted':
        return { attackers: await Promise.all(mates.map(restart)) };
      case 'failed':
      case 'supervisor dead':
        throw new Error(`no way with a shared namespace has the state ${state}`);
    }
  }

  #recipe(way: string): Recipe {
    const recipe = this.ways.find(({ name }) => name === way);
    if (!recipe) throw new Error(`there is no way ${way}`);
    return recipe;
  }

  #network(way: string, posture: Posture): Promise<Network> {
    const key = `${way} ${posture.word}`;
    const known = this.#networks.get(key);
    if (known) return known;
    const network = createPlainNetwork().then(async (made) => {
      await letTunnelOut(made, this.#world.lab.gateway(1));
      return made;
    });
    this.#networks.set(key, network);
    return network;
  }

  async #start(recipe: Recipe, posture: Posture, state: StateName): Promise<Mate> {
    const network = await this.#network(recipe.name, posture);
    const gateway = this.#world.lab.gateway(1);
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
    return { way: recipe.name, vpn, attacker, gateway, folder };
  }

  async #go({ way, vpn, folder }: Mate, step: 'rules' | 'tunnel'): Promise<void> {
    const { tunnelProcess, device } = this.#recipe(way);
    await writeFile(join(folder, `go-${step}`), '');
    // A program that takes the place of the first process leaves no sign.
    const isDone =
      step === 'tunnel' && tunnelProcess === undefined
        ? () => hasDevice(vpn, device)
        : () => existsSync(join(folder, `done-${step}`));
    await waitFor(`${vpn} to have its ${step}`, isDone, { timeoutMs: 30_000 }).catch((cause) => explain(vpn, cause));
  }

  async #killTunnel({ way, vpn }: Mate): Promise<void> {
    const process = this.#recipe(way).tunnelProcess ?? '';
    await docker('exec', vpn, '/usr/bin/pkill', '-KILL', '-x', process);
    await waitFor(
      `the end of ${process}`,
      async () => (await tryDocker('exec', vpn, '/usr/bin/pgrep', '-x', process)).exitCode === 1,
    );
  }
}

const asVpn = (folder: string): string[] => [
  ...['--mount', `type=bind,src=${folder},dst=/vpn`],
  ...['--mount', 'type=bind,src=/etc/alternatives,dst=/etc/alternatives,readonly'],
  ...['-e', `PATH=/vpn/bin:${PATH}`],
];

async function layOut(recipe: Recipe, account: Account): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vpn-'));
  await mkdir(join(folder, 'bin'));
  const files = {
    ...recipe.files(account),
    'first-process': FIRST_PROCESS,
    'bin/resolvconf': RESOLVCONF,
    'bin/sysctl': SYSCTL,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o700 });
  await chmod(folder, 0o700);
  return folder;
}

/** Their networks have no NAT (test/leak/network.ts); the server must find its way back. */
const letTunnelOut = ({ prefix4 }: Network, { v4 }: Gateway): Promise<string> =>
  sh(
    ...(['iptables', '-t', 'nat', '-A', 'POSTROUTING', '-s', `${prefix4}0.0/16`, '-d', v4] as const),
    ...['-p', 'udp', '--dport', String(WIREGUARD_PORT), '-j', 'MASQUERADE'],
  );

const isConnected = ({ vpn, attacker: { container }, gateway }: Mate): Promise<unknown> =>
  waitFor(`${container} to leave by its gateway`, async () => (await exitAddress(container)) === gateway.v4, {
    timeoutMs: 30_000,
  }).catch((cause) => explain(vpn, cause));

const hasDevice = async (vpn: string, device: string): Promise<boolean> =>
  (await tryDocker('exec', vpn, '/usr/bin/ip', 'link', 'show', 'dev', device)).exitCode === 0;

/** A VPN container that has ended leaks nothing, and proves nothing. */
async function assertRunning({ vpn }: Mate): Promise<void> {
  if ((await docker('inspect', '-f', '{{.State.Running}}', vpn)) !== 'true') await explain(vpn, new Error('has ended'));
}

/** @throws Error always: `cause`, and what the VPN container said. */
async function explain(vpn: string, cause: Error): Promise<never> {
  const { stdout, stderr } = await tryDocker('logs', '--tail', '40', vpn);
  throw new Error(`${cause.message}; ${vpn} said:\n${stdout}\n${stderr}`, { cause });
}

/** As whoever changed something does it: the VPN container first, then the one that needs it. */
async function restart({ way, vpn, attacker }: Mate): Promise<Reached['attackers'][number]> {
  await docker('restart', '-t', '0', vpn);
  await docker('restart', '-t', '0', attacker.container);
  const { container, network, posture } = attacker;
  return { way, attacker: { ...(await lookAt(vpn, network, posture)), container } };
}
