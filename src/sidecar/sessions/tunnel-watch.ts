import { explain } from '../../shared/errors.ts';
import type { Run } from '../host/command.ts';
import type { Namespace } from '../host/netns.ts';
import { describeInside } from '../tunnels/inside.ts';
import { Liveness } from '../tunnels/liveness.ts';
import { findPathMtu, setMtu } from '../tunnels/path-mtu.ts';
import type { TunnelUp } from '../tunnels/tunnel.ts';

const VERIFY_EVERY_MS = 20_000;

export interface WatchOptions {
  readonly run: Run;
  readonly namespace: Namespace;
  readonly device: string;
  /** A process of the namespace. */
  readonly pid: number;
  readonly up: TunnelUp;
  /** Puts back what is missing inside. */
  readonly repair: () => Promise<void>;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

/** Looks after a tunnel that is up: whether packets come back, how large they may be, whether its routes still stand. */
export class TunnelWatch {
  readonly #options: WatchOptions;
  /** Undefined where there is nobody to ask: then only the tunnel itself can tell. */
  readonly #liveness: Liveness | undefined;
  #pathIsKnown = false;
  #mtu: number | undefined;
  #stands = '';
  #verifiedAt = performance.now();

  constructor(options: WatchOptions) {
    this.#options = options;
    const [target] = options.up.dns;
    this.#liveness = target === undefined ? undefined : new Liveness({ ...options, target });
  }

  get isDead(): boolean {
    return this.#liveness?.isDead ?? false;
  }

  get isGone(): boolean {
    return this.#liveness?.isGone ?? false;
  }

  /** To be called every second. */
  async look(): Promise<void> {
    await this.#liveness?.look();
    if (this.isDead || this.isGone) return;
    if (!this.#pathIsKnown && this.#liveness?.hasAnswered) await this.#learnPath(this.#liveness.target);
    if (performance.now() - this.#verifiedAt >= VERIFY_EVERY_MS) await this.#verify();
  }

  /** Asks now whether it has come back. */
  async probe(): Promise<void> {
    await this.#liveness?.probe();
  }

  async #learnPath(target: string): Promise<void> {
    this.#pathIsKnown = true;
    const { up, log } = this.#options;
    const end = { ...this.#options, target };
    const mtu = await findPathMtu(end, up.mtu);
    this.#stands = await this.#describe();
    if (mtu === undefined || mtu === up.mtu) return;
    this.#mtu = mtu;
    await setMtu(end, mtu);
    log(
      'warn',
      `The path to the server carries packets of ${mtu} bytes, not ${up.mtu}: the device's MTU is ${mtu} now`,
    );
  }

  async #verify(): Promise<void> {
    this.#verifiedAt = performance.now();
    const found = await this.#describe();
    if (this.#stands !== '' && found !== this.#stands) await this.#mend();
    this.#stands = await this.#describe();
  }

  async #mend(): Promise<void> {
    const { repair, log, run, namespace, device } = this.#options;
    log('warn', "The tunnel's addresses, routes or rules were changed by somebody else; they are put back.");
    await repair().catch((error: unknown) => log('warn', explain(error)));
    if (this.#mtu !== undefined) await setMtu({ run, namespace, device }, this.#mtu);
  }

  #describe(): Promise<string> {
    const { run, namespace, device } = this.#options;
    return describeInside(run, namespace, device);
  }
}
