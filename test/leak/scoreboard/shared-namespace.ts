import { WIREGUARD_PORT } from '../../../lab/addresses.ts';
import type { Gateway } from '../../../lab/gateway.ts';
import { docker } from '../../support/docker.ts';
import { sh } from '../../support/shell.ts';
import { sleep } from '../../support/wait.ts';
import { mute, unmute } from '../crew.ts';
import { createPlainNetwork, type Network } from '../network.ts';
import { POSTURES, type Posture } from '../posture.ts';
import type { LeakWorld } from '../world.ts';
import { assertRunning, go, isConnected, killTunnel, type Mate, removeMates, restart, startMate } from './mate.ts';
import type { Recipe } from './recipe.ts';
import type { StateName } from './state.ts';
import type { Fleet, Reached } from './way.ts';
import { withoutOurProxy } from './without-our-proxy.ts';

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
    try {
      const { attackers, undo: undoState } = await this.#bring(mates, state);
      if (state !== 'both dead') await Promise.all(mates.map(assertRunning));
      const undo = async (): Promise<void> => {
        await undoState?.();
        await removeMates(mates);
      };
      return { attackers, undo };
    } catch (cause) {
      await removeMates(mates);
      throw cause;
    }
  }

  async #bring(mates: readonly Mate[], state: StateName): Promise<Reached> {
    const attackers = mates.map(({ recipe, attacker }) => ({ way: recipe.name, attacker }));
    if (state === 'just started') return { attackers };
    await Promise.all(mates.map((mate) => go(mate, 'rules')));
    if (state === 'before the tunnel') return { attackers };
    await Promise.all(mates.map((mate) => go(mate, 'tunnel')));
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
        await Promise.all(mates.map(killTunnel));
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

  async #start(recipe: Recipe, posture: Posture, state: StateName): Promise<Mate> {
    const network = await this.#network(recipe.name, posture);
    return startMate(recipe, posture, state, network, this.#world.lab.gateway(1));
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
}

/** Their networks have no NAT (test/leak/network.ts); the server must find its way back. */
const letTunnelOut = ({ prefix4 }: Network, { v4 }: Gateway): Promise<string> =>
  sh(
    ...(['iptables', '-t', 'nat', '-A', 'POSTROUTING', '-s', `${prefix4}0.0/16`, '-d', v4] as const),
    ...['-p', 'udp', '--dport', String(WIREGUARD_PORT), '-j', 'MASQUERADE'],
  );
