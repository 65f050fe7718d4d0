import { chmod } from 'node:fs/promises';
import { poll } from '../../../shared/async.ts';
import { EgressError } from '../../../shared/errors.ts';
import { familyOf } from '../../../shared/ip.ts';
import type { LaunchScript } from '../../../shared/launch-script.ts';
import { TUNNEL_DEVICES } from '../../../shared/names.ts';
import type { Run } from '../../host/command.ts';
import { linkNames, removeLink } from '../../host/ip.ts';
import { kernelHasIpv6 } from '../../host/ipv6.ts';
import { hasDevice } from '../../host/link-counters.ts';
import { isSameProcess, stopProcesses } from '../../host/process.ts';
import { configureInside, hasAddress, holdInside, moveDevice } from '../inside.ts';
import { type HostView, type PeerPolicy, resolvePeers, theHost } from '../peer-address.ts';
import { renderPeerEndpoint } from '../peer-endpoint.ts';
import type {
  Health,
  HostPlace,
  RemovalPlace,
  TunnelKind,
  TunnelObservation,
  TunnelPlace,
  TunnelRecord,
  TunnelUp,
  Wait,
} from '../tunnel.ts';
import { parseOpenVpn } from './config.ts';
import { Connection } from './connection.ts';
import { cutLog, socketFile, writeConfig } from './files.ts';
import { lastLine, planArguments, readVersion, startOpenVpn } from './process.ts';
import { renderRemote } from './render.ts';
import { DEFAULT_PORT, MAX_REMOTES, type OpenVpnRemote, type OpenVpnSettings } from './settings.ts';
import { configFor } from './versions.ts';

export interface OpenVpnOptions {
  readonly run: Run;
  readonly peerPolicy: PeerPolicy;
  readonly binary?: string;
  readonly host?: HostView;
}

export const createOpenVpn = (options: OpenVpnOptions): TunnelKind<OpenVpnSettings> => new OpenVpn(options);

const DEVICE = TUNNEL_DEVICES.openvpn;
const DEFAULT_MTU = 1500;
const RECONNECT_EVERY_MS = 20_000;
const SETTLED_POLL = { everyMs: 5, laterEveryMs: 100 };
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/**
 * OpenVPN runs on the host, under our own options; we speak to it by its management socket. It makes its device when the
 * server has accepted it, and then the device is moved. See docs/adr/0010-openvpn-under-management.md.
 */
class OpenVpn implements TunnelKind<OpenVpnSettings> {
  readonly kind = 'openvpn';
  readonly device = DEVICE;
  readonly #run: Run;
  readonly #policy: PeerPolicy;
  readonly #host: HostView;
  readonly #binary: string;
  /** By process id. They are lost with this daemon, and made again when a tunnel is looked at. */
  readonly #connections = new Map<number, Connection>();
  /** Those whose device has been seen with its address since this daemon began. */
  readonly #seenInside = new WeakSet<Connection>();
  #version: Promise<number> | undefined;

  constructor({ run, peerPolicy, binary = 'openvpn', host = theHost }: OpenVpnOptions) {
    this.#run = run;
    this.#policy = peerPolicy;
    this.#binary = binary;
    this.#host = host;
  }

  parse(egress: LaunchScript['egress']): OpenVpnSettings {
    return parseOpenVpn(egress);
  }

  /** It logs in already: its device is the last that it makes, and waits on the host. */
  async prepare(place: HostPlace, settings: OpenVpnSettings): Promise<TunnelRecord> {
    const remotes = await this.#pin(settings);
    await this.remove({ hostDevice: place.hostDevice }); // a crash may have left one that nobody has a record of
    const version = await this.#readVersion();
    await writeConfig(place.folder, withRemotes(configFor(version, settings), settings, remotes));
    const argv = planArguments(place, settings, version);
    const process = await startOpenVpn(this.#binary, place, argv);
    const pinned = remotes.map(renderPeerEndpoint);
    const record: TunnelRecord = { kind: 'openvpn', implementation: 'userspace', process, pinned };
    try {
      await this.#connect(place, settings, record);
    } catch (error) {
      await this.remove(place, record);
      throw error;
    }
    return record;
  }

  async establish(place: TunnelPlace, settings: OpenVpnSettings, prepared?: TunnelRecord): Promise<TunnelRecord> {
    const oldDevices = prepared ? [] : [place.hostDevice, DEVICE];
    await holdInside(this.#run, place.namespace, oldDevices, await kernelHasIpv6());
    return prepared ?? this.prepare(place, settings);
  }

  async awaitUp(place: TunnelPlace, settings: OpenVpnSettings, record: TunnelRecord, wait: Wait): Promise<TunnelUp> {
    const { deadlineMs, signal } = wait;
    const connection = await this.#connect(place, settings, record);
    const settled = async () => {
      if (connection.takeLogFlood()) await cutLog(place.folder);
      return connection.isUp || (this.#whyInVain(connection, settings, record) ?? undefined);
    };
    const outcome = await poll(settled, { ...SETTLED_POLL, deadlineMs, signal });
    if (outcome === true) {
      await cutLog(place.folder); // it shows who has logged in
      return this.#bringInside(place, settings, connection);
    }
    if (outcome?.code === 'OPENVPN_FAILED')
      throw new EgressError('OPENVPN_FAILED', `OpenVPN ended: ${await lastLine(place.folder)}`);
    throw outcome ?? connection.whyLate;
  }

  async check(place: TunnelPlace, settings: OpenVpnSettings, record: TunnelRecord): Promise<Health> {
    const known = record.process && this.#connections.get(record.process.id);
    if (known?.refusal) return { state: 'refused', why: known.refusal };
    const gone: Health = { state: 'gone', why: new EgressError('TUNNEL_DIED') };
    if (!isAlive(record)) {
      await known?.ended();
      return known?.refusal ? { state: 'refused', why: known.refusal } : gone;
    }
    const connection = await this.#connect(place, settings, record).catch(() => undefined);
    if (!connection) return gone;
    connection.takeNews();
    if (connection.takeLogFlood()) await cutLog(place.folder);
    if (!connection.isUp) return { state: 'silent', why: connection.failure ?? new EgressError('TUNNEL_STALE') };
    if (!record.up || linkNames().includes(place.hostDevice)) return this.#takeIn(place, settings, connection);
    if (!(await this.#isInside(place, record.up, connection))) return gone;
    return { state: 'up', up: record.up };
  }

  hasNews(record: TunnelRecord): boolean {
    const connection = record.process && this.#connections.get(record.process.id);
    return connection === undefined || connection.hasNews; // its end closes the connection, which is news
  }

  async repair({ namespace }: TunnelPlace, _settings: OpenVpnSettings, { addresses, mtu }: TunnelUp): Promise<void> {
    await holdInside(this.#run, namespace, [], await kernelHasIpv6());
    await configureInside(this.#run, namespace, { device: DEVICE, addresses, mtu, destinations: EVERYWHERE });
  }

  async observe(_place: TunnelPlace, { process }: TunnelRecord): Promise<TunnelObservation> {
    const connection = process && this.#connections.get(process.id);
    if (!connection) throw new EgressError('TUNNEL_DIED');
    return connection.observation;
  }

  /** It holds the addresses that it was started with: for others it must be started again. */
  async refresh(place: TunnelPlace, settings: OpenVpnSettings, record: TunnelRecord): Promise<TunnelRecord> {
    const connection = record.process && this.#connections.get(record.process.id);
    // It has not noticed yet what we have. But who was connected a moment ago has just heard the server.
    if (connection?.isUp && connection.upForMs > RECONNECT_EVERY_MS) connection.reconnect();
    const pinned = (await this.#pin(settings)).map(renderPeerEndpoint);
    if (!pinned.some((address) => record.pinned.includes(address))) await this.remove(place, record);
    return record;
  }

  async remove({ hostDevice }: RemovalPlace, record?: TunnelRecord): Promise<void> {
    const known = record?.process;
    if (known) {
      this.#connections.get(known.id)?.close();
      this.#connections.delete(known.id);
    }
    await stopProcesses(this.#binary, hostDevice, known); // its device goes with it, wherever that is
    if (linkNames().includes(hostDevice)) await removeLink(this.#run, hostDevice);
  }

  /** Each remote with an address for its host, in the config's order. They are alternatives: one that has none is left out. */
  async #pin({ remotes }: OpenVpnSettings): Promise<OpenVpnRemote[]> {
    const hosts = [...new Set(remotes.map(({ host }) => host))];
    const answers = await Promise.allSettled(
      hosts.map((host) => resolvePeers([{ host, port: DEFAULT_PORT }], this.#policy, this.#host)),
    );
    const addresses = new Map(hosts.map((host, index) => [host, addressesIn(answers[index])]));
    const pinned = remotes.flatMap((remote) => withAddresses(remote, addresses.get(remote.host) ?? []));
    if (pinned.length > 0) return pinned.slice(0, MAX_REMOTES);
    const failed = answers.find((result) => result.status === 'rejected');
    throw failed?.reason ?? new EgressError('ENDPOINT_UNRESOLVED');
  }

  #readVersion(): Promise<number> {
    this.#version ??= readVersion(this.#run, this.#binary).catch((cause: unknown) => {
      this.#version = undefined;
      throw new EgressError('TUNNEL_DEVICE_FAILED', 'OpenVPN is not installed on this host', { cause });
    });
    return this.#version;
  }

  async #connect({ folder }: HostPlace, settings: OpenVpnSettings, record: TunnelRecord): Promise<Connection> {
    const id = record.process?.id ?? 0;
    const known = this.#connections.get(id);
    if (known && (known.isOpen || !isAlive(record))) return known; // one that has ended has told why
    const connection = await Connection.open(socketFile(folder), settings, () => isAlive(record));
    if (!connection) throw new EgressError('OPENVPN_FAILED', `OpenVPN ended: ${await lastLine(folder)}`);
    this.#connections.set(id, connection);
    // OpenVPN makes it for everyone; its folder is root's alone all the same.
    await chmod(socketFile(folder), 0o600).catch(() => undefined);
    return connection;
  }

  /** OpenVPN itself does not mind that somebody has deleted its device, or that we died before it had its address. */
  async #isInside({ namespace }: TunnelPlace, { addresses }: TunnelUp, connection: Connection): Promise<boolean> {
    if (!hasDevice(namespace, DEVICE)) return false;
    if (this.#seenInside.has(connection)) return true;
    if (!(await hasAddress(this.#run, namespace, DEVICE, addresses[0] ?? ''))) return false;
    this.#seenInside.add(connection);
    return true;
  }

  /** A mistake that every server of the config answers alike won't go away before the deadline. */
  #whyInVain(connection: Connection, { remotes }: OpenVpnSettings, record: TunnelRecord): EgressError | undefined {
    if (connection.refusal) return connection.refusal;
    if (!isAlive(record)) {
      if (connection.isOpen) return undefined; // its last words are still to come
      return connection.failure ?? new EgressError('OPENVPN_FAILED');
    }
    return connection.failures > remotes.length ? connection.failure : undefined;
  }

  /** The device stands on the host: the first time, and after a reconnect for which OpenVPN has made it anew. */
  async #takeIn(place: TunnelPlace, settings: OpenVpnSettings, connection: Connection): Promise<Health> {
    try {
      return { state: 'up', up: await this.#bringInside(place, settings, connection) };
    } catch (cause) {
      return { state: 'gone', why: new EgressError('TUNNEL_DIED', undefined, { cause }) };
    }
  }

  async #bringInside(place: TunnelPlace, settings: OpenVpnSettings, connection: Connection): Promise<TunnelUp> {
    const { pushed } = connection;
    const hasIpv6 = await kernelHasIpv6();
    const addresses = pushed.addresses.filter((address) => familyOf(address) === 4 || hasIpv6);
    if (addresses.length === 0) throw new EgressError('NO_INNER_ADDRESS');
    const mtu = pushed.mtu ?? settings.tunMtu ?? DEFAULT_MTU;
    await moveDevice(this.#run, place, DEVICE);
    await configureInside(this.#run, place.namespace, { device: DEVICE, addresses, mtu, destinations: EVERYWHERE });
    const useful = settings.pushed.ignoreDns ? [] : pushed.dns;
    return {
      addresses,
      mtu,
      dns: settings.dns.length > 0 ? settings.dns : useful,
      searchDomains: [
        ...new Set([...settings.searchDomains, ...(settings.pushed.ignoreDns ? [] : pushed.searchDomains)]),
      ],
    };
  }
}

const isAlive = ({ process }: TunnelRecord): boolean => process !== undefined && isSameProcess(process);

const addressesIn = (answer: PromiseSettledResult<(readonly string[])[]> | undefined): readonly string[] =>
  answer?.status === 'fulfilled' ? (answer.value[0] ?? []) : [];

/** One remote for each address that it may have. */
const withAddresses = (remote: OpenVpnRemote, addresses: readonly string[]): OpenVpnRemote[] =>
  addresses
    .filter((address) => remote.family === undefined || familyOf(address) === remote.family)
    .map((host) => ({ ...remote, host }));

/** Remotes are ours to write: pinned addresses, in an order that is shuffled here where the config wants that. */
const withRemotes = (
  config: string,
  { remoteRandom }: Pick<OpenVpnSettings, 'remoteRandom'>,
  remotes: readonly OpenVpnRemote[],
): string => [config.trimEnd(), ...(remoteRandom ? shuffle(remotes) : remotes).map(renderRemote), ''].join('\n');

function shuffle<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}
