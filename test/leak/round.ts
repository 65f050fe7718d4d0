import { type Attacker, startAttacker } from './attacker.ts';
import type { Group } from './case.ts';
import { createPlainNetwork } from './network.ts';
import type { Posture, PostureName } from './posture.ts';
import { fireControl, type Judgement, judge, type Shown } from './verdict.ts';
import { fire, leaks, settle, type Volley } from './volley.ts';
import type { LeakWorld } from './world.ts';

/** What one attacker fired at one moment, and what the control of its posture has shown right after. */
interface Cell {
  readonly volley: Volley;
  readonly shown: Shown;
}

/** Everyone's volleys at one moment. */
export interface Round {
  readonly judge: (container: string) => Judgement[];
  /** Packets on the host's wire that no probe owns, and that are no tunnel. */
  readonly strangers: readonly string[];
}

/** Fires rounds, and keeps what was fired for a last look. */
export class Range {
  readonly #world: LeakWorld;
  readonly #controls = new Map<PostureName, Promise<Attacker>>();
  readonly #fired: Volley[] = [];

  constructor(world: LeakWorld) {
    this.#world = world;
  }

  /** The sessions first and all at once, then an unprotected container of each of their postures. */
  async fire(attackers: readonly Attacker[], groups: readonly Group[]): Promise<Round> {
    const { observer } = this.#world;
    const postures = [...new Set(attackers.map(({ posture }) => posture))];
    const controls = await Promise.all(postures.map((posture) => this.#control(posture)));
    await observer.catchUp();
    const before = observer.strangerCount;
    const volleys = await Promise.all(attackers.map((attacker) => fire(observer, attacker, groups)));
    await settle(observer);
    const strangers = observer.strangersSince(before);
    this.#fired.push(...volleys);
    const shown = new Map<PostureName, Shown>();
    await Promise.all(
      controls.map(async (control) => {
        shown.set(control.posture.name, await fireControl(observer, control, groups));
      }),
    );
    const cells = new Map<string, Cell>(
      volleys.map((volley) => {
        const { container, posture } = volley.attacker;
        return [container, { volley, shown: shown.get(posture.name) ?? new Set() }];
      }),
    );
    return {
      strangers,
      judge: (container) => {
        const cell = cells.get(container);
        if (!cell) throw new Error(`${container} did not fire`);
        return judge(observer, cell.volley, cell.shown);
      },
    };
  }

  /** What was seen only after its round was over is a leak as well. */
  async lateLeaks(): Promise<string[]> {
    await settle(this.#world.observer);
    return this.#fired.flatMap((volley) =>
      leaks(this.#world.observer, volley).map((leak) => `${volley.attacker.container}: ${leak}`),
    );
  }

  get summary(): string {
    const probes = this.#fired.reduce((sum, { shots }) => sum + shots.length, 0);
    return `${this.#fired.length} volleys, ${probes} probes`;
  }

  #control(posture: Posture): Promise<Attacker> {
    const known = this.#controls.get(posture.name);
    if (known) return known;
    const control = this.#startControl(posture);
    this.#controls.set(posture.name, control);
    return control;
  }

  async #startControl(posture: Posture): Promise<Attacker> {
    const network = await createPlainNetwork();
    this.#world.observer.expectFrom(network.prefix4);
    return startAttacker(`control-${posture.word}`, posture, network);
  }
}
