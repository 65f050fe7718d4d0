import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RESOLVER } from '../../lab/addresses.ts';
import type { Lab } from '../../lab/lab.ts';
import { attempt, sh } from '../support/shell.ts';
import type { Sidecar } from '../support/sidecar.ts';
import { waitFor } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';
import type { Capabilities } from './attacker.ts';
import { startAttacker } from './attacker.ts';
import type { Group } from './case.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Network } from './network.ts';
import { createPlainNetwork, createSessionNetwork } from './network.ts';
import { Observer } from './observer.ts';
import type { Acts, Standard, Volley } from './volley.ts';
import { countShots, fire, leaks, settle, unseen } from './volley.ts';

/** What a leak test works with. All of it is there once the file's first `beforeAll` has run. */
export interface LeakWorld {
  readonly sidecar: Sidecar;
  readonly lab: Lab;
  readonly observer: Observer;
  readonly plain: Network;
  readonly sessions: Network;
  /** Volleys that must have left nothing, for the last look. */
  readonly fired: Fired[];
}

interface Fired {
  readonly name: string;
  readonly volley: Volley;
  readonly standard: Standard;
}

const METADATA = ['169.254.169.254/32', 'fd00:ec2::254/128'];
const RESOLV_CONF = '/etc/resolv.conf';

/**
 * Makes the host as tempting as it gets: a resolver on loopback that knows the internet, as systemd-resolved and dnsmasq
 * are; a metadata address; IPv6 forwarding; and a plain network whose containers show what an unprotected one can do.
 */
export function useLeakWorld(): LeakWorld {
  const world = useWorld();
  const fired: Fired[] = [];
  let observer: Observer | undefined;
  let networks: { plain: Network; sessions: Network } | undefined;
  let resolvConf = '';

  beforeAll(async () => {
    resolvConf = await readFile(RESOLV_CONF, 'utf8');
    await startLoopbackResolver();
    for (const address of METADATA) await sh('ip', 'address', 'replace', address, 'dev', 'lo');
    await sh('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1');
    const plain = await createPlainNetwork();
    networks = { plain, sessions: await createSessionNetwork(plain) };
    observer = new Observer(world.lab.hostLink);
    await observer.start();
  });

  afterAll(async () => {
    await observer?.stop();
    for (const address of METADATA) await attempt(['ip', 'address', 'delete', address, 'dev', 'lo']);
    await sh('sh', '-c', 'kill $(cat /run/leak-dnsmasq.pid)');
    await writeFile(RESOLV_CONF, resolvConf);
  });

  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('not before `beforeAll`');
    return value;
  };
  return {
    fired,
    sidecar: world.sidecar,
    get lab() {
      return world.lab;
    },
    get observer() {
      return there(observer);
    },
    get plain() {
      return there(networks).plain;
    },
    get sessions() {
      return there(networks).sessions;
    },
  };
}

/** Two addresses, because the engine looks at a lone 127.0.0.53 with other eyes. */
async function startLoopbackResolver(): Promise<void> {
  await sh(
    'dnsmasq',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--user=root',
    '--pid-file=/run/leak-dnsmasq.pid',
    '--bind-interfaces',
    '--listen-address=127.0.0.1,127.0.0.53',
    `--server=${RESOLVER.v4}`,
  );
  await writeFile(RESOLV_CONF, 'nameserver 127.0.0.1\nnameserver 127.0.0.53\n');
  await waitFor('the host’s resolver', () => sh('busybox', 'nslookup', 'site.test', '127.0.0.1'));
}

/** Which controls have failed, by group. Without an entry, nothing was fired. */
type Control = Map<string, string[]>;

export interface Round {
  readonly volley: Volley;
  readonly strangers: readonly string[];
}

/** A datagram may get lost on a busy machine, in a control as anywhere. */
const CONTROL_REPEATS = 4;

/** What differs between two shots of one case: the name that it looks up bears its own mark. */
const withoutMark = (label: string): string => label.replace(/\S+\.leak\.test/, 'NAME');

/**
 * Positive controls of the whole catalogue, fired from unprotected containers once a file and way. A case counts as shown
 * if the capture saw it in one of the ways: an attacker who flushes Docker's own rules can't ask Docker's resolver, say.
 */
export function useControls(world: LeakWorld, ways: readonly (readonly [Capabilities, ...(Acts | undefined)[]])[]) {
  const seen: Control[] = [];
  beforeAll(async () => {
    for (const [index, [capabilities, ...acts]] of ways.entries()) {
      const attacker = await startAttacker(`control-${index}`, capabilities, world.plain);
      for (const prepare of acts) {
        const volley = await fire(world.observer, attacker, CATALOGUE, prepare);
        seen.push(await unseen(world.observer, volley));
      }
    }
    const last = await startAttacker('control-again', 'default', world.plain);
    for (let again = 0; again < CONTROL_REPEATS && [...neverSeen().values()].flat().length > 0; again++) {
      seen.push(await unseen(world.observer, await fire(world.observer, last, CATALOGUE)));
    }
  });
  const neverSeen = (): Control =>
    new Map(
      CATALOGUE.map(({ name }) => {
        const missing = seen.map((control) => (control.get(name) ?? []).map(withoutMark));
        const [first = [], ...others] = missing;
        return [name, first.filter((label) => others.every((labels) => labels.includes(label)))];
      }),
    );
  return neverSeen;
}

/** Fires several volleys at one moment, and waits for all that may come of them. */
export async function fireTogether(world: LeakWorld, volleys: readonly (() => Promise<Volley>)[]): Promise<Round[]> {
  await world.observer.catchUp();
  const before = world.observer.strangerCount;
  const fired = await Promise.all(volleys.map((volley) => volley()));
  await settle(world.observer);
  const strangers = world.observer.strangersSince(before);
  return fired.map((volley) => ({ volley, strangers }));
}

export interface Expectation {
  readonly control: () => Control;
  readonly round: () => Round;
  readonly groups?: readonly Group[];
  readonly standard?: Standard;
}

/** One test a group of cases, and one for whatever nobody thought of. */
export function expectNothingOut(world: LeakWorld, name: string, expectation: Expectation): void {
  const { control, round, groups = CATALOGUE, standard = 'sealed' } = expectation;
  describe(name, () => {
    beforeAll(() => {
      world.fired.push({ name, volley: round().volley, standard });
    });
    test.each(groups.map(({ name, cases }) => [name, cases.length] as const))('%s: %d cases', (group) => {
      expect(control().get(group) ?? [], 'controls that were not seen').toEqual([]);
      const { volley } = round();
      expect(volley.shots.some((shot) => shot.group === group)).toBe(true);
      expect(leaks(world.observer, volley, { group, standard })).toEqual([]);
    });
    test('the host’s wire carried nothing but tunnels', () => {
      expect(round().strangers).toEqual([]);
    });
  });
}

/** To stand last in a file: what came after its round was over is a leak as well. */
export function expectNothingLater(world: LeakWorld): void {
  test('nothing came later', async () => {
    await settle(world.observer);
    const late = world.fired.flatMap(({ name, volley, standard }) =>
      leaks(world.observer, volley, { standard }).map((leak) => `${name}: ${leak}`),
    );
    expect(late).toEqual([]);
    console.log(`${world.fired.length} volleys, ${countShots(world.fired.map(({ volley }) => volley))} probes`);
  });
}
