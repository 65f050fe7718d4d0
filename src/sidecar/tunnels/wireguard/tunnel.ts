import { basename } from 'node:path';
import { allOrFirstFailure, poll } from '../../../shared/async.ts';
import { EgressError, explain } from '../../../shared/errors.ts';
import { familyOf, type IpFamily } from '../../../shared/ip.ts';
import type { LaunchScript } from '../../../shared/launch-script.ts';
import type { Log } from '../../../shared/log.ts';
import type { Run } from '../../host/command.ts';
import { kernelHasIpv6 } from '../../host/ipv6.ts';
import { isSameProcess } from '../../host/process.ts';
import { readPeers, setConfig, setEndpoint, type WgPeer } from '../../host/wg.ts';
import { configureUapi, readUapiPeers } from '../../host/wg-uapi.ts';
import type { TunnelRouting } from '../../plan/tunnel-routes.ts';
import { configureInside, holdInside, moveDevice } from '../inside.ts';
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
import { parseWireGuard } from './config.ts';
import {
  type CreatedDevice,
  clearHost,
  createDevice,
  DEVICE,
  type DeviceParts,
  type Implementation,
  KernelAnswer,
  namesInside,
  removeDevice,
  wgDeviceOf,
} from './device.ts';
import { withSetconfFile, writeConfig } from './files.ts';
import { type Pinned, renderConfig, renderSetconf, renderUapi } from './render.ts';
import type { WireGuardSettings } from './settings.ts';
import { silence, socketOf } from './userspace.ts';

export interface WireGuardOptions {
  readonly run: Run;
  readonly peerPolicy: PeerPolicy;
  /** `auto`: the kernel's where it has one, wireguard-go where not. */
  readonly implementation?: Implementation;
  readonly userspaceBinary?: string;
  readonly log?: Log;
  readonly host?: HostView;
}

export const createWireGuard = (options: WireGuardOptions): TunnelKind<WireGuardSettings> => new WireGuard(options);

/** WireGuard's REJECT_AFTER_TIME (whitepaper, 6.1) and a keepalive's time: without a new handshake by then, nothing comes through. */
const STALE_AFTER_SECONDS = 205;
const HANGS = "The tunnel's device is gone or does not answer.";
/** Each look costs a process. */
const HANDSHAKE_POLL = { everyMs: 25, laterEveryMs: 1_000 };

class WireGuard implements TunnelKind<WireGuardSettings> {
  readonly kind = 'wireguard';
  readonly device = DEVICE;
  readonly #run: Run;
  readonly #policy: PeerPolicy;
  readonly #host: HostView;
  readonly #log: Log | undefined;
  readonly #parts: DeviceParts;

  constructor(options: WireGuardOptions) {
    const { run, implementation = 'auto', userspaceBinary = 'wireguard-go' } = options;
    this.#run = run;
    this.#policy = options.peerPolicy;
    this.#host = options.host ?? theHost;
    this.#log = options.log;
    this.#parts = { run, implementation, userspaceBinary, kernel: new KernelAnswer() };
  }

  parse(egress: LaunchScript['egress']): WireGuardSettings {
    return parseWireGuard(egress);
  }

  async prepare(place: HostPlace, settings: WireGuardSettings): Promise<TunnelRecord> {
    const pinned = await this.#pin(settings);
    const families = await this.#usableFamilies(place, settings);
    await clearHost(this.#parts, place.hostDevice);
    await writeConfig(place.folder, renderConfig(settings));
    const device = await createDevice(this.#parts, place).catch(asDeviceFailure);
    try {
      await this.#setKeys(place, device, settings, { endpoints: pinned, families });
    } catch (error) {
      await this.#undo(place, device);
      return asDeviceFailure(error);
    }
    return { kind: 'wireguard', ...device, pinned };
  }

  async establish(place: TunnelPlace, settings: WireGuardSettings, prepared?: TunnelRecord): Promise<TunnelRecord> {
    const families = await this.#usableFamilies(place, settings);
    const [made, held] = await Promise.allSettled([
      prepared ?? this.prepare(place, settings),
      this.#hold(place, prepared !== undefined),
    ]);
    if (made.status === 'rejected') throw made.reason;
    try {
      if (held.status === 'rejected') throw held.reason;
      if (!prepared) await moveDevice(this.#run, place, DEVICE);
      await configureInside(this.#run, place.namespace, routingOf(settings, families));
    } catch (error) {
      await this.#undo(place, made.value);
      return asDeviceFailure(error);
    }
    return made.value;
  }

  /** Where nothing has run yet no name can be taken: the device is moved at the same time. */
  async #hold(place: TunnelPlace, isNew: boolean): Promise<void> {
    const { namespace, hostDevice } = place;
    const move = isNew ? moveDevice(this.#run, place, DEVICE) : undefined; // first: the kernel takes its time
    const hold = holdInside(this.#run, namespace, isNew ? [] : namesInside(hostDevice), await kernelHasIpv6());
    await allOrFirstFailure([move, hold]);
  }

  async awaitUp(
    place: TunnelPlace,
    settings: WireGuardSettings,
    record: TunnelRecord,
    { deadlineMs, signal }: Wait,
  ): Promise<TunnelUp> {
    const probe = async () => ((await this.observe(place, record)).latestHandshake === undefined ? undefined : true);
    const answered = await poll(probe, { ...HANDSHAKE_POLL, deadlineMs, signal });
    if (!answered) throw new EgressError('HANDSHAKE_TIMEOUT');
    if (record.process) silence(record.process);
    return upOf(settings);
  }

  async check(place: TunnelPlace, settings: WireGuardSettings, record: TunnelRecord): Promise<Health> {
    const gone: Health = { state: 'gone', why: new EgressError('TUNNEL_DIED') };
    if (!mayBeAlive(record)) return gone;
    const observed = await this.observe(place, record).catch(() => undefined);
    if (!observed) return { state: 'gone', why: new EgressError('TUNNEL_DIED', HANGS) };
    const { latestHandshake = 0 } = observed;
    const isStale = Date.now() / 1000 - latestHandshake > STALE_AFTER_SECONDS;
    return isStale ? { state: 'silent', why: new EgressError('TUNNEL_STALE') } : { state: 'up', up: upOf(settings) };
  }

  /** It says nothing by itself; its device goes with its process, which the session's watch sees. */
  hasNews(): boolean {
    return false;
  }

  async repair(place: TunnelPlace, settings: WireGuardSettings): Promise<void> {
    const families = await this.#usableFamilies(place, settings);
    await holdInside(this.#run, place.namespace, [], await kernelHasIpv6());
    await configureInside(this.#run, place.namespace, routingOf(settings, families));
  }

  async observe(place: TunnelPlace, record: TunnelRecord): Promise<TunnelObservation> {
    const peers =
      record.implementation === 'userspace'
        ? readUapiPeers(socketOf(place.hostDevice))
        : readPeers(wgDeviceOf(this.#run, place, record));
    return summarise(
      await peers.catch((cause: unknown) => {
        throw new EgressError('TUNNEL_DIED', undefined, { cause, details: { device: place.hostDevice } });
      }),
    );
  }

  async refresh(place: TunnelPlace, settings: WireGuardSettings, record: TunnelRecord): Promise<TunnelRecord> {
    const pinned = await this.#pin(settings, record.pinned);
    const device = wgDeviceOf(this.#run, place, record);
    // Also where it is the same: wireguard-go sends from the address that the host once had, and a server may have roamed.
    for (const [index, { publicKey }] of settings.servers.entries())
      if (pinned[index] !== undefined) await setEndpoint(device, publicKey, pinned[index]);
    return { ...record, pinned };
  }

  async remove(place: RemovalPlace, record?: TunnelRecord): Promise<void> {
    await removeDevice(this.#parts, place, record);
  }

  /** For each server its address and port: those it was pinned to `before`, as long as its name still stands for them. */
  async #pin({ servers }: WireGuardSettings, before: readonly string[] = []): Promise<string[]> {
    const endpoints = servers.map(({ endpoint }) => endpoint);
    const resolved = await resolvePeers(endpoints, this.#policy, this.#host);
    return resolved.map((addresses, index) => {
      const port = endpoints[index]?.port ?? 0;
      const candidates = addresses.map((address) => renderPeerEndpoint({ host: address, port }));
      return candidates.find((candidate) => candidate === before[index]) ?? candidates[0] ?? '';
    });
  }

  async #usableFamilies({ folder }: HostPlace, { addresses }: WireGuardSettings): Promise<Set<IpFamily>> {
    const families = new Set(addresses.map(familyOf));
    if (!families.has(6) || (await kernelHasIpv6())) return families;
    families.delete(6);
    if (families.size === 0) {
      throw new EgressError(
        'TUNNEL_DEVICE_FAILED',
        "the tunnel has only IPv6 addresses, and the host's kernel has no IPv6",
      );
    }
    this.#log?.warn(basename(folder), "The tunnel's IPv6 address is not used: the host's kernel has no IPv6.");
    return families;
  }

  async #setKeys(
    { folder, hostDevice }: HostPlace,
    { implementation }: CreatedDevice,
    settings: WireGuardSettings,
    pinned: Pinned,
  ): Promise<void> {
    if (implementation === 'userspace') return configureUapi(socketOf(hostDevice), renderUapi(settings, pinned));
    const text = renderSetconf(settings, pinned);
    await withSetconfFile(folder, text, (file) => setConfig({ name: hostDevice, run: this.#run }, file));
  }

  /** The device carries keys, addresses and routes: it is all there is to undo. What keeps traffic in stays. */
  async #undo(place: HostPlace & RemovalPlace, device: CreatedDevice): Promise<void> {
    await removeDevice(this.#parts, place, device).catch((error: unknown) =>
      // What led here is the failure to report; the next attempt clears up once more.
      this.#log?.warn(basename(place.folder), `removing the tunnel device ${place.hostDevice}: ${explain(error)}`),
    );
  }
}

/** As far as it can be told without asking the kernel. */
const mayBeAlive = ({ implementation, process }: TunnelRecord): boolean =>
  implementation === 'kernel' || (process !== undefined && isSameProcess(process));

const upOf = ({ addresses, dns, searchDomains, mtu }: WireGuardSettings): TunnelUp => ({
  addresses,
  dns,
  searchDomains,
  mtu,
});

const routingOf = ({ addresses, mtu, servers }: WireGuardSettings, families: ReadonlySet<IpFamily>): TunnelRouting => ({
  device: DEVICE,
  addresses: addresses.filter((address) => families.has(familyOf(address))),
  mtu,
  destinations: servers.flatMap(({ allowedIps }) => allowedIps),
});

/** A command that failed says nothing to a person; what already has a code of its own keeps it. */
function asDeviceFailure(error: unknown): never {
  if (error instanceof EgressError && error.code !== 'HOST_COMMAND_FAILED') throw error;
  throw new EgressError('TUNNEL_DEVICE_FAILED', undefined, { cause: error });
}

/** All servers together; the address is that of the one that answered last. */
function summarise(peers: readonly WgPeer[]): TunnelObservation {
  const [latest] = [...peers].sort((a, b) => (b.latestHandshake ?? 0) - (a.latestHandshake ?? 0));
  const sum = (of: (peer: WgPeer) => number) => peers.reduce((total, peer) => total + of(peer), 0);
  return {
    latestHandshake: latest?.latestHandshake,
    receivedBytes: sum(({ receivedBytes }) => receivedBytes),
    sentBytes: sum(({ sentBytes }) => sentBytes),
    peerAddress: latest?.endpoint,
  };
}
