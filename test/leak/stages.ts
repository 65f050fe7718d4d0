import { afterAll, beforeAll, describe } from 'vitest';
import { attempt, sh } from '../support/shell.ts';
import { waitFor } from '../support/wait.ts';
import { tearDown } from './acts.ts';
import type { Attacker, Capabilities } from './attacker.ts';
import { CATALOGUE } from './catalogue.ts';
import { type Acts, fire } from './volley.ts';
import { expectNothingOut, fireTogether, type LeakWorld, type Round, type useControls } from './world.ts';

/** What a process without raw sockets can try: the lock alone must hold it. */
export const WITHOUT_RAW = CATALOGUE.filter(({ name }) => ['transport', 'names', 'the host'].includes(name));

/** The attackers of a file, one a kind of capabilities, and volleys at the moments that a session lives through. */
export function useStages(world: LeakWorld, control: ReturnType<typeof useControls>) {
  const attackers: Partial<Record<Capabilities, Attacker>> = {};
  const attackerWith = (capabilities: Capabilities): Attacker => {
    const attacker = attackers[capabilities];
    if (!attacker) throw new Error('the attacker has not started');
    return attacker;
  };

  /** Fires at the moment that `prepare` has made, once a way, and expects that nothing got out. */
  function whenFired(
    prepare: () => Promise<void>,
    ways: readonly (readonly [Capabilities, Acts?])[],
    groups = CATALOGUE,
  ): void {
    const rounds = new Map<number, Round>();
    beforeAll(async () => {
      await prepare();
      for (const [index, [capabilities, acts]] of ways.entries()) {
        const [round] = await fireTogether(world, [
          () => fire(world.observer, attackerWith(capabilities), groups, acts),
        ]);
        if (round) rounds.set(index, round);
      }
    });
    for (const [index, [capabilities, acts]] of ways.entries()) {
      expectNothingOut(world, `${capabilities} ${acts?.name ?? ''}`.trim(), {
        control,
        round: () => rounds.get(index) as Round,
        groups,
      });
    }
  }

  /** The gateway, the daemon and at last the tunnel's process die, one after the other. `processes`: as pkill takes them */
  function whenAllDies(processes: string): void {
    describe('after the death of the gateway', () => {
      whenFired(() => world.lab.gateway(1).cut(), [['default']]);
      afterAll(() => world.lab.gateway(1).restore());
    });
    describe('after kill -9 of the daemon', () => {
      whenFired(async () => void (await world.sidecar.kill()), [['default']]);
    });
    describe('after kill -9 of the tunnel’s process as well', () => {
      whenFired(async () => {
        await world.sidecar.kill(); // each test before this has started it again
        await attempt(['pkill', '-KILL', '-f', processes]);
        const isGone = async () => (await attempt(['pgrep', '-f', processes])).exitCode === 1;
        await waitFor('the tunnels to be gone', isGone);
      }, [['default'], ['all', tearDown]]);
    });
  }

  return { attackers, attackerWith, whenFired, whenAllDies };
}

/** The host's ends of its wires, by name. */
export async function hostLinksOf({ ownLinks }: Attacker): Promise<string[]> {
  const links: { ifname: string; ifindex: number }[] = JSON.parse(await sh('ip', '-json', 'link'));
  return links.filter(({ ifindex }) => ownLinks.includes(ifindex)).map(({ ifname }) => ifname);
}
