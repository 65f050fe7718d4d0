import { explain } from '../../shared/errors.ts';
import { familyOf, type IpFamily } from '../../shared/ip.ts';
import type { Run } from '../host/command.ts';
import { LinkCounters } from '../host/link-counters.ts';
import { ChangeListener } from '../host/netlink.ts';
import type { Namespace } from '../host/netns.ts';
import { type PingPath, ping } from '../host/ping.ts';
import { describeInside } from '../tunnels/inside.ts';
import { Liveness, PROBE } from '../tunnels/liveness.ts';
import { findPathMtu, setMtu } from '../tunnels/path-mtu.ts';
import type { TunnelUp } from '../tunnels/tunnel.ts';

/** Each is a process or two, and a root inside can change things without end. */
const VERIFY_AT_MOST_EVERY_MS = 5_000;

/** How often what never was whole is mended before it is taken as it is. */
const PATIENCE = 3;
/** RFC 8200, section 5: a device with less has no IPv6. */
const LEAST_MTU_OF_IPV6 = 1280;
/** As ip(8) shows an address. */
const INET = { 4: 'inet ', 6: 'inet6 ' } as const;

export interface WatchOptions {
  readonly run: Run;
  readonly namespace: Namespace;
  readonly device: string;
  /** Bytes that the tunnel itself has received from the server, its own housekeeping included; undefined: not known. */
  readonly received: () => Promise<number | undefined>;
  readonly up: TunnelUp;
  /** What stood inside when the tunnel was made (`describeInside`); undefined: that is now. */
  readonly stands: string | undefined;
  /** Told it where it was not known. */
  readonly onStands: (stands: string) => void;
  /** Puts back what is missing inside. */
  readonly repair: () => Promise<void>;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

/**
 * Looks after a tunnel that is up: whether packets come back, how large they may be, whether its routes still stand. A
 * quiet one costs no process: see docs/adr/0012-sockets-in-the-namespace.md.
 */
export class TunnelWatch {
  readonly #options: WatchOptions;
  /** Undefined where there is nobody to ask: then only the tunnel itself can tell of a death. */
  readonly #path: PingPath | undefined;
  readonly #liveness: Liveness;
  readonly #counters: LinkCounters;
  readonly #routes: ChangeListener;
  #receivedAtAlarm: number | undefined;
  #pathIsKnown = false;
  #mtu: number | undefined;
  /** Lines; what stands besides is not ours. */
  #stands: readonly string[] | undefined;
  /** Something may be missing: until it was seen that nothing is. */
  #isSuspect = true;
  #verifiedAt = Number.NEGATIVE_INFINITY;
  #looksAtParts = 0;

  /** @throws where the namespace can't be entered */
  constructor(options: WatchOptions) {
    this.#options = options;
    this.#stands = options.stands?.split('\n');
    const [target] = options.up.dns;
    const { namespace, device } = options;
    const path = target === undefined ? undefined : { namespace, device, target };
    this.#path = path;
    this.#counters = new LinkCounters(namespace, device);
    try {
      this.#routes = new ChangeListener('routes', namespace);
    } catch (error) {
      this.#counters.close();
      throw error;
    }
    this.#liveness = new Liveness({
      counters: () => this.#counters.read(),
      ...(path ? { ask: () => ping(path, PROBE) } : {}),
    });
  }

  get isDead(): boolean {
    return this.#liveness.isDead;
  }

  get isGone(): boolean {
    return this.#liveness.isGone;
  }

  /** Its sockets keep the namespace alive. */
  close(): void {
    this.#counters.close();
    this.#routes.close();
  }

  /**
   * To be called every second. What can't be looked at is left as it is: that says nothing of the tunnel.
   * @returns until it has looked, where that takes time
   */
  look(): Promise<void> | undefined {
    const complain = (error: unknown) => this.#options.log('warn', `Looking at the tunnel: ${explain(error)}`);
    try {
      const isDoubtful = this.#liveness.look();
      if (!this.isDead) this.#receivedAtAlarm = undefined;
      if (this.#routes.takeChange()) this.#isSuspect = true;
      const isQuiet = !isDoubtful && !this.#mustVerify && !this.#mayLearnPath;
      return isQuiet ? undefined : this.#lookCloser(isDoubtful).catch(complain);
    } catch (error) {
      complain(error);
      return undefined;
    }
  }

  async #lookCloser(isDoubtful: boolean): Promise<void> {
    if (isDoubtful) await this.#liveness.probe();
    if (this.isGone) return;
    if (!this.isDead) this.#receivedAtAlarm = undefined;
    if (this.#path && this.#mayLearnPath) await this.#learnPath(this.#path);
    // A silent one as well: it may be silent because somebody has taken its routes away.
    if (this.#mustVerify) await this.#verify();
  }

  get #mayLearnPath(): boolean {
    return !this.#pathIsKnown && this.#path !== undefined && this.#liveness.hasAnswered && !this.isDead;
  }

  get #mustVerify(): boolean {
    return !this.isGone && this.#isSuspect && performance.now() - this.#verifiedAt >= VERIFY_AT_MOST_EVERY_MS;
  }

  /** Asks now whether it has come back, the tunnel as well: what it has received since the alarm speaks against a death. */
  async askAgain(): Promise<void> {
    await this.#liveness.probe();
    if (!this.isDead) return;
    const received = await this.#options.received().catch(() => undefined);
    if (this.#receivedAtAlarm === undefined) this.#receivedAtAlarm = received;
    else if (received !== undefined && received > this.#receivedAtAlarm) this.#contradict();
  }

  #contradict(): void {
    this.#receivedAtAlarm = undefined;
    this.#liveness.contradict();
    this.#options.log('info', `The server answers, but ${this.#path?.target} no longer does.`);
  }

  async #learnPath(path: PingPath): Promise<void> {
    this.#pathIsKnown = true;
    const { up, run, log } = this.#options;
    const mtu = await findPathMtu(path, up.mtu);
    if (mtu === undefined || mtu === up.mtu) return;
    this.#mtu = mtu;
    await setMtu(run, path, mtu);
    log(
      'warn',
      `The path to the server carries packets of ${mtu} bytes, not ${up.mtu}: the device's MTU is ${mtu} now`,
    );
  }

  /** What was mended, or could not be, is looked at again. */
  async #verify(): Promise<void> {
    this.#verifiedAt = performance.now();
    const found = await this.#describe();
    if (this.#stands === undefined && (this.#isWhole(found) || this.#looksAtParts++ >= PATIENCE)) {
      this.#stands = found;
      this.#options.onStands(found.join('\n'));
    }
    this.#isSuspect = this.#stands === undefined || this.#stands.some((line) => !found.includes(line));
    if (this.#isSuspect) await this.#mend();
  }

  /**
   * Whether it still has addresses of all its families. Docker up to 25 turns IPv6 off in a container some 0.1 s after it has made the
   * namespace, and a tunnel may be up by then: the kernel takes its IPv6 addresses and routes away.
   */
  #isWhole(found: readonly string[]): boolean {
    const { addresses, mtu } = this.#options.up;
    const mayHave = (family: IpFamily) => family === 4 || (this.#mtu ?? mtu) >= LEAST_MTU_OF_IPV6;
    const families = [...new Set(addresses.map(familyOf))].filter(mayHave);
    return families.every((family) => found.some((line) => line.trimStart().startsWith(INET[family])));
  }

  async #mend(): Promise<void> {
    const { repair, log, run, namespace, device } = this.#options;
    log('warn', "The tunnel's addresses, routes or rules were changed by somebody else; they are put back.");
    await repair().catch((error: unknown) => log('warn', explain(error)));
    if (this.#mtu !== undefined) await setMtu(run, { namespace, device }, this.#mtu);
  }

  async #describe(): Promise<string[]> {
    const { run, namespace, device, up } = this.#options;
    return (await describeInside(run, namespace, device, new Set(up.addresses.map(familyOf)))).split('\n');
  }
}
