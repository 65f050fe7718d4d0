import { explain } from '../../shared/errors.ts';
import { familyOf } from '../../shared/ip.ts';
import type { Run } from '../host/command.ts';
import type { Namespace } from '../host/netns.ts';
import { type PingPath, ping } from '../host/ping.ts';
import { describeInside } from '../tunnels/inside.ts';
import { Liveness, PROBE, readCounters } from '../tunnels/liveness.ts';
import { findPathMtu, setMtu } from '../tunnels/path-mtu.ts';
import type { TunnelUp } from '../tunnels/tunnel.ts';

/** Each costs a process for each address family of the tunnel. */
const VERIFY_EVERY_MS = 25_000;

export interface WatchOptions {
  readonly run: Run;
  readonly namespace: Namespace;
  readonly device: string;
  /** A process of the namespace. */
  readonly pid: number;
  /** Bytes that the tunnel itself has received from the server, its own housekeeping included; undefined: not known. */
  readonly received: () => Promise<number | undefined>;
  readonly up: TunnelUp;
  /** Puts back what is missing inside. */
  readonly repair: () => Promise<void>;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

/** Looks after a tunnel that is up: whether packets come back, how large they may be, whether its routes still stand. */
export class TunnelWatch {
  readonly #options: WatchOptions;
  /** Undefined where there is nobody to ask: then only the tunnel itself can tell. */
  readonly #path: PingPath | undefined;
  readonly #liveness: Liveness | undefined;
  #receivedAtAlarm: number | undefined;
  #pathIsKnown = false;
  #mtu: number | undefined;
  #stands = '';
  #verifiedAt = performance.now();

  constructor(options: WatchOptions) {
    this.#options = options;
    const [target] = options.up.dns;
    if (target === undefined) return;
    this.#path = { ...options, target };
    this.#liveness = new Liveness({
      counters: () => readCounters(options.pid, options.device),
      ask: () => ping({ ...options, target }, PROBE),
    });
  }

  get isDead(): boolean {
    return this.#liveness?.isDead ?? false;
  }

  get isGone(): boolean {
    return this.#liveness?.isGone ?? false;
  }

  /** To be called every second. What can't be looked at is left as it is: that says nothing of the tunnel. */
  async look(): Promise<void> {
    await this.#look().catch((error: unknown) => this.#options.log('warn', `Looking at the tunnel: ${explain(error)}`));
  }

  async #look(): Promise<void> {
    await this.#liveness?.look();
    if (this.isDead || this.isGone) return;
    this.#receivedAtAlarm = undefined;
    if (!this.#pathIsKnown && this.#path && this.#liveness?.hasAnswered) await this.#learnPath(this.#path);
    if (performance.now() - this.#verifiedAt >= VERIFY_EVERY_MS) await this.#verify();
  }

  /** Asks now whether it has come back, the tunnel as well: what it has received since the alarm speaks against a death. */
  async askAgain(): Promise<void> {
    await this.#liveness?.probe();
    if (!this.isDead) return;
    const received = await this.#options.received().catch(() => undefined);
    if (this.#receivedAtAlarm === undefined) this.#receivedAtAlarm = received;
    else if (received !== undefined && received > this.#receivedAtAlarm) this.#contradict();
  }

  #contradict(): void {
    this.#receivedAtAlarm = undefined;
    this.#liveness?.contradict();
    this.#options.log('info', `The server answers, but ${this.#path?.target} no longer does.`);
  }

  async #learnPath(path: PingPath): Promise<void> {
    this.#pathIsKnown = true;
    const { up } = this.#options;
    const mtu = await findPathMtu(path, up.mtu);
    if (mtu !== undefined && mtu !== up.mtu) await this.#narrow(path, mtu);
    this.#stands = await this.#describe();
  }

  async #narrow(path: PingPath, mtu: number): Promise<void> {
    const { up, log } = this.#options;
    this.#mtu = mtu;
    await setMtu(path, mtu);
    log(
      'warn',
      `The path to the server carries packets of ${mtu} bytes, not ${up.mtu}: the device's MTU is ${mtu} now`,
    );
  }

  async #verify(): Promise<void> {
    this.#verifiedAt = performance.now();
    const found = await this.#describe();
    const isChanged = this.#stands !== '' && found !== this.#stands;
    if (isChanged) await this.#mend();
    this.#stands = isChanged ? await this.#describe() : found;
  }

  async #mend(): Promise<void> {
    const { repair, log, run, namespace, device } = this.#options;
    log('warn', "The tunnel's addresses, routes or rules were changed by somebody else; they are put back.");
    await repair().catch((error: unknown) => log('warn', explain(error)));
    if (this.#mtu !== undefined) await setMtu({ run, namespace, device }, this.#mtu);
  }

  #describe(): Promise<string> {
    const { run, namespace, device, up } = this.#options;
    return describeInside(run, namespace, device, new Set(up.addresses.map(familyOf)));
  }
}
