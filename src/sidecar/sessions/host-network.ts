import { isDeepStrictEqual } from 'node:util';
import { allOrFirstFailure, Queue } from '../../shared/async.ts';
import { EgressError } from '../../shared/errors.ts';
import type { IpFamily } from '../../shared/ip.ts';
import type { Run } from '../host/command.ts';
import { ipBatch, isUpWith, removeLink } from '../host/ip.ts';
import { insertJump, listChain, listRules, removeChain, restoreChains, restoreInside } from '../host/iptables.ts';
import { readLinks } from '../host/links.ts';
import type { Namespace } from '../host/netns.ts';
import {
  listDeviceChains,
  type Summaries,
  summariseDeviceChains,
  summariseRuleset,
  summariseTable,
  tableRemoval,
} from '../host/nft.ts';
import { NftBatch } from '../host/nft-batch.ts';
import { setSysctlsInside } from '../host/sysctl.ts';
import {
  GUARD_TABLE,
  guardChain,
  guardedLink,
  planForeignGuard,
  planGuard,
  planGuardRemoval,
  planGuardTable,
} from '../plan/guard.ts';
import {
  type FirewallNetwork,
  FORWARD_CHAIN,
  HOST_TABLE,
  planForwardChain,
  planForwardChange,
  planHostTable,
} from '../plan/host-firewall.ts';
import { type BridgePlan, bridgeAlias, configureBridge, type PairPlan, planBridge, planPair } from '../plan/link.ts';
import type { Lock } from '../plan/lock.ts';
import { summariseLock, summariseText } from '../plan/table-summary.ts';
import type { Passage, Wire } from '../plan/wire.ts';

/** No router may talk the container into an address or a route, and no interface answers for another's address. */
const NAMESPACE_SYSCTLS = {
  'net.ipv6.conf.all.accept_ra': '0',
  'net.ipv6.conf.default.accept_ra': '0',
  'net.ipv4.conf.all.arp_ignore': '1',
  'net.ipv4.conf.all.route_localnet': '0',
} as const;

/** The host's own rules, as they were loaded. */
interface Firewall {
  readonly table: string;
  /** Our own chain of iptables; undefined where there is none. */
  readonly chains: Readonly<Record<IpFamily, string>> | undefined;
}

/** One of its chains; undefined where there is none, or it is not known. */
interface Change {
  readonly wanted: string | undefined;
  readonly standing: string | undefined;
}

const planFirewall = (networks: readonly FirewallNetwork[], others: readonly string[]): Firewall => ({
  table: planHostTable(networks, others),
  chains: networks.length === 0 ? undefined : { 4: planForwardChain(networks, 4), 6: planForwardChain(networks, 6) },
});

/** The one place that makes plans true, on the host and in the namespaces. Everything here is safe to repeat. */
export class HostNetwork {
  readonly #run: Run;
  readonly #nft: NftBatch;
  readonly #firewall = new Queue();
  #applied: Firewall | undefined;

  constructor(run: Run) {
    this.#run = run;
    this.#nft = new NftBatch(run);
  }

  /** One that stands is not touched: each touch is a change to all who listen, ourselves included. @throws EgressError NETWORK_OPTION_INVALID where a link of that name is somebody else's. */
  async ensureBridge(plan: BridgePlan): Promise<void> {
    const existing = (await readLinks()).find(({ name }) => name === plan.bridge);
    if (existing?.alias === bridgeAlias(plan.networkId)) {
      if (await isUpWith(this.#run, plan.bridge, plan.addresses)) return;
      return ipBatch(this.#run, configureBridge(plan));
    }
    if (existing) {
      throw new EgressError('NETWORK_OPTION_INVALID', `option bridge: a link called ${plan.bridge} exists already`);
    }
    try {
      await ipBatch(this.#run, planBridge(plan));
    } catch (error) {
      await removeLink(this.#run, plan.bridge);
      throw error;
    }
  }

  async renameBridge(from: string, to: string): Promise<void> {
    await ipBatch(this.#run, [`link set dev ${from} down`, `link set dev ${from} name ${to}`, `link set dev ${to} up`]);
  }

  removeBridge = (bridge: string): Promise<void> => removeLink(this.#run, bridge);

  /**
   * The host's own rules for all networks together; without a network, none are left.
   * @param again also what is believed to stand: somebody else may have changed it
   */
  applyFirewall(
    networks: readonly FirewallNetwork[],
    others: readonly string[] = [],
    { again = false } = {},
  ): Promise<void> {
    return this.#firewall.run(async () => {
      const wanted = planFirewall(networks, others);
      const standing = again ? undefined : this.#applied;
      this.#applied = undefined;
      const isSame = wanted.table === standing?.table;
      const table = isSame
        ? Promise.resolve()
        : this.#nft.load(`${wanted.chains ? planGuardTable() : ''}${wanted.table}`);
      const applyChain = (family: IpFamily) =>
        this.#applyForwardChain(
          family,
          { wanted: wanted.chains?.[family], standing: standing?.chains?.[family] },
          table,
        );
      await allOrFirstFailure([table, applyChain(4), applyChain(6)]);
      this.#applied = wanted;
      await this.#endGuards();
    });
  }

  /** With the last network their table goes, unless there are any: they may be those of a network that can't be read just now. */
  async #endGuards(): Promise<void> {
    const isLast = this.#applied !== undefined && this.#applied.chains === undefined;
    if (isLast && (await this.guarded()).length === 0) await this.#nft.load(tableRemoval('netdev', GUARD_TABLE));
  }

  /** @param beside a transaction that this one's end would keep waiting */
  async #applyForwardChain(family: IpFamily, { wanted, standing }: Change, beside: Promise<void>): Promise<void> {
    if (wanted === undefined) return removeChain(this.#run, family, 'FORWARD', FORWARD_CHAIN);
    if (wanted === standing) return;
    const isChanged = standing !== undefined && (await this.#changeForwardChain(family, standing, wanted, beside));
    if (isChanged) return;
    await restoreChains(this.#run, family, wanted, beside);
    const rules = await listChain(this.#run, family, 'FORWARD');
    if (rules.some((rule) => rule.endsWith(`-j ${FORWARD_CHAIN}`))) return;
    // After DOCKER-USER, so that an administrator's rules there count for our networks as well.
    const position = rules.filter((rule) => rule.startsWith('-A')).findIndex((rule) => rule.endsWith('-j DOCKER-USER'));
    await insertJump(this.#run, family, 'FORWARD', position + 2, FORWARD_CHAIN);
  }

  /** @returns false where the chain is not what it was believed to be */
  async #changeForwardChain(family: IpFamily, from: string, to: string, beside: Promise<void>): Promise<boolean> {
    try {
      await restoreChains(this.#run, family, planForwardChange(from, to), beside);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether the host's rules look as they were applied: what an administrator's flush takes away must come back. */
  async firewallStands(): Promise<boolean> {
    return (await this.forwardChainsStand()) && this.#firewall.run(() => this.#tableStands());
  }

  /** Of those rules the ones of iptables. */
  forwardChainsStand(): Promise<boolean> {
    return this.#firewall.run(async () => {
      const applied = this.#applied;
      if (!applied) return false;
      const stand = ([4, 6] as const).map((family) => this.#chainStands(family, applied.chains?.[family]));
      return (await Promise.all(stand)).every((stands) => stands);
    });
  }

  async #tableStands(): Promise<boolean> {
    const found = await summariseTable(this.#run, 'inet', HOST_TABLE);
    return isDeepStrictEqual(found[`inet ${HOST_TABLE}`], summariseText(this.#applied?.table ?? ''));
  }

  async #chainStands(family: IpFamily, chain = ''): Promise<boolean> {
    const found = await listRules(this.#run, family);
    return countRules(found) === countRules(chain.split('\n')) && found.includes(`-A FORWARD -j ${FORWARD_CHAIN}`);
  }

  /** Makes the pair, isolated, with the guard shut before anything can pass. Undoes itself when it fails. */
  async makeWire(pair: PairPlan, wire: Wire): Promise<void> {
    try {
      await ipBatch(this.#run, planPair(pair), { atOnce: true });
      await this.applyGuard(wire, { kind: 'shut' });
    } catch (error) {
      await this.removeWire(pair.hostLink);
      throw error;
    }
  }

  /** Takes both ends away (they are one pair), and the guard. Absent is success. */
  async removeWire(hostLink: string): Promise<void> {
    await removeLink(this.#run, hostLink);
    await this.removeGuard(hostLink);
  }

  applyGuard = (wire: Wire, passage: Passage): Promise<void> => this.#nft.load(planGuard(wire, passage));

  async setIsolated(hostLink: string, isolated: boolean): Promise<void> {
    await ipBatch(this.#run, [`link set dev ${hostLink} type bridge_slave isolated ${isolated ? 'on' : 'off'}`]);
  }

  /** Shuts the host end of a container's interface on somebody else's network. */
  guardForeign = (hostLink: string): Promise<void> => this.#nft.load(planForeignGuard(hostLink));

  async removeGuard(hostLink: string): Promise<void> {
    await this.#nft.load(planGuardRemoval(hostLink));
    await this.#endGuards();
  }

  /** Host links that have a guard, whether or not the link is still there. */
  async guarded(): Promise<string[]> {
    return (await listDeviceChains(this.#run, GUARD_TABLE)).flatMap((chain) => guardedLink(chain) ?? []);
  }

  /** How all guards look. For hundreds of them this takes nft(8) 0.1 s. */
  summariseGuards = (): Promise<Summaries> => summariseDeviceChains(this.#run, GUARD_TABLE);

  /** Of each family that is given. */
  async applyLock(namespace: Namespace, { v4, v6 }: Partial<Lock>): Promise<void> {
    setSysctlsInside(namespace, NAMESPACE_SYSCTLS);
    const texts = new Map<IpFamily, string>();
    if (v4 !== undefined) texts.set(4, v4);
    if (v6 !== undefined) texts.set(6, v6);
    await restoreInside(this.#run, namespace, texts);
  }

  /** Whether the lock looks as it was made; a rule of somebody else's before ours counts as a change. */
  async lockStands(namespace: Namespace, lock: Lock): Promise<boolean> {
    const found = await summariseRuleset(this.#run, namespace);
    return Object.entries(summariseLock(lock)).every(([table, wanted]) => isDeepStrictEqual(found[table], wanted));
  }

  links = readLinks;
  removeLink = (name: string): Promise<void> => removeLink(this.#run, name);
}

/** Whether `guards` has that one, and it looks as it was made. */
export const guardStands = (guards: Summaries, wire: Wire, passage: Passage): boolean =>
  isDeepStrictEqual(guards[guardChain(wire.hostLink)], summariseText(planGuard(wire, passage)));

/** Of our own chain. */
const countRules = (rules: readonly string[]): number =>
  rules.filter((rule) => rule.startsWith(`-A ${FORWARD_CHAIN} `)).length;
