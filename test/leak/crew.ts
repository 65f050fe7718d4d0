import type { Gateway } from '../../lab/gateway.ts';
import { runInside } from '../../lab/namespace.ts';
import { putLaunchScript, waitForState } from '../support/control.ts';
import { removeGuard } from '../support/guards.ts';
import { attempt, sh } from '../support/shell.ts';
import { waitFor } from '../support/wait.ts';
import { type Attacker, startAttacker } from './attacker.ts';
import { KINDS, type Kind, type Server } from './kinds.ts';
import { POSTURES, type Posture } from './posture.ts';
import type { LeakWorld } from './world.ts';

export interface Member {
  readonly kind: Kind;
  readonly posture: Posture;
  readonly attacker: Attacker;
}

const PATIENT_SECONDS = 300;
/** The slowest to notice is a tunnel at rest: 20 s (issue 4). */
const NOTICE_MS = 40_000;

/** One attacker a kind of tunnel and posture. They live through all states of the matrix. */
export class Crew {
  readonly #world: LeakWorld;
  #members: Promise<readonly Member[]> | undefined;
  #isConnected = false;

  constructor(world: LeakWorld) {
    this.#world = world;
  }

  /** All of them, without a launch script unless they have had one. */
  members(): Promise<readonly Member[]> {
    this.#members ??= Promise.all(
      KINDS.flatMap((kind) => POSTURES.map((posture) => this.start(kind, posture, 'matrix'))),
    );
    return this.#members;
  }

  async start(kind: Kind, posture: Posture, word: string): Promise<Member> {
    const attacker = await startAttacker(`${word}-${kind.name}-${posture.word}`, posture, this.#world.sessions);
    return { kind, posture, attacker };
  }

  /** For a container that does not run yet. */
  async putScript(container: string, kind: Kind): Promise<void> {
    await putLaunchScript(container, await kind.script(this.#world.lab, 'gateway', PATIENT_SECONDS));
  }

  /** A launch script for each of `members`, and waits until it has led to `state`. */
  async launch(
    members: readonly Member[],
    server: Server,
    state: 'connecting' | 'failed' | 'connected',
  ): Promise<void> {
    const seconds = state === 'failed' ? 1 : PATIENT_SECONDS;
    await Promise.all(
      members.map(async ({ kind, attacker: { container } }) => {
        await putLaunchScript(container, await kind.script(this.#world.lab, server, seconds));
        await waitForState(container, state, NOTICE_MS);
      }),
    );
    this.#isConnected = server === 'gateway';
  }

  /** All connected, and a daemon that watches over them. */
  async connect(): Promise<void> {
    const members = await this.members();
    await this.#world.sidecar.start();
    if (!this.#isConnected) return this.launch(members, 'gateway', 'connected');
    await this.#waitFor('connected');
  }

  /** All but those who tear down their own tunnel: what never carried a packet is not known to have stopped. */
  async waitForSilence(): Promise<void> {
    await this.#waitFor('reconnecting', ({ posture }) => posture.acts === undefined);
  }

  async #waitFor(state: string, who: (member: Member) => boolean = () => true): Promise<void> {
    const members = (await this.members()).filter(who);
    await Promise.all(members.map(({ attacker: { container } }) => waitForState(container, state, NOTICE_MS)));
  }

  /** Kills the processes of all tunnels. The daemon must be dead: it would start them again. */
  async killTunnels(): Promise<void> {
    for (const processes of new Set(KINDS.map((kind) => kind.processes))) {
      await attempt(['pkill', '-KILL', '-f', processes]);
      const isGone = async () => (await attempt(['pgrep', '-f', processes])).exitCode === 1;
      await waitFor('the tunnels to be gone', isGone);
    }
  }

  /** The guards of all sessions and the host's own rules. The daemon must be dead. */
  async removeGuards(): Promise<void> {
    const members = await this.members();
    const links = (await Promise.all(members.map(({ attacker }) => hostLinksOf(attacker)))).flat();
    if (links.length < members.length) throw new Error('not every attacker has a wire');
    for (const link of links) await removeGuard(link);
    await sh('nft', 'delete', 'table', 'inet', 'kasm_sidecar');
  }
}

/** The host's ends of its wires, by name. */
export async function hostLinksOf({ ownLinks }: Attacker): Promise<string[]> {
  const links: { ifname: string; ifindex: number }[] = JSON.parse(await sh('ip', '-json', 'link'));
  return links.filter(({ ifindex }) => ownLinks.includes(ifindex)).map(({ ifname }) => ifname);
}

/** The gateway hears and says nothing, but stands: probes to its address still leave an unprotected host. */
const SILENCE =
  'add table inet mute; add chain inet mute in { type filter hook prerouting priority -300; policy drop; }';

export const mute = (gateway: Gateway): Promise<string> => runInside(gateway.namespace, ['nft', SILENCE]);
export const unmute = (gateway: Gateway): Promise<string> =>
  runInside(gateway.namespace, ['nft', 'delete table inet mute']);
