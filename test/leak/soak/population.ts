import { putLaunchScript } from '../../support/control.ts';
import { docker, tryDocker } from '../../support/docker.ts';
import { unique } from '../../support/session.ts';
import { flooder } from '../flood.ts';
import { KINDS } from '../kinds.ts';
import type { Trail } from '../marks.ts';
import { dockerDefault } from '../posture.ts';
import type { LeakWorld } from '../world.ts';
import type { Dice } from './dice.ts';

/** Each of its ways is tried twice a second. */
const PAUSE_SECONDS = 0.5;
const DEADLINE_SECONDS = 60;

/** Containers that come and go, and never stop trying to get out. */
export class Population {
  readonly #world: LeakWorld;
  readonly #dice: Dice;
  readonly #size: number;
  readonly #alive: string[] = [];
  /** Of all there ever were. */
  readonly trails: Trail[] = [];
  /** What Docker refused, because the daemon was away at that moment. */
  readonly refused: string[] = [];

  constructor(world: LeakWorld, dice: Dice, size: number) {
    this.#world = world;
    this.#dice = dice;
    this.#size = size;
  }

  get names(): readonly string[] {
    return this.#alive;
  }

  get isFull(): boolean {
    return this.#alive.length >= this.#size;
  }

  /** Its launch script comes before it, or after. */
  async start(): Promise<void> {
    if (this.isFull) return;
    const [name, kind] = [unique('soak'), this.#dice.of(KINDS)];
    const { trail, options } = flooder(this.#world.observer, dockerDefault, this.#world.sessions, {
      pauseSeconds: PAUSE_SECONDS,
    });
    const script = (await kind?.script(this.#world.lab, 'gateway', DEADLINE_SECONDS)) ?? {};
    const put = () => putLaunchScript(name, script);
    const run = () =>
      this.#try(
        'run',
        '-d',
        '--name',
        name,
        '--network',
        options.network ?? '',
        ...(options.run ?? []),
        'bb:latest',
        ...(options.command ?? []),
      );
    this.trails.push(trail);
    const isBefore = this.#dice.throw() < 0.5;
    if (isBefore) await put();
    if (await run()) this.#alive.push(name);
    else await tryDocker('rm', '-f', name);
    if (!isBefore) await put();
  }

  async remove(): Promise<void> {
    const name = this.#dice.of(this.#alive);
    if (name === undefined) return;
    this.#alive.splice(this.#alive.indexOf(name), 1);
    if (this.#dice.throw() < 0.5) await this.#try('stop', '-t', '0', name);
    await docker('rm', '-f', name);
  }

  async restart(): Promise<void> {
    const name = this.#dice.of(this.#alive);
    if (name !== undefined && !(await this.#try('restart', '-t', '0', name))) await this.#try('start', name);
  }

  async removeAll(): Promise<void> {
    for (const name of this.#alive.splice(0)) await docker('rm', '-f', name);
  }

  async #try(...command: string[]): Promise<boolean> {
    const { exitCode, stderr } = await tryDocker(...command);
    if (exitCode !== 0) this.refused.push(`${command[0]}: ${stderr.trim()}`);
    return exitCode === 0;
  }
}
