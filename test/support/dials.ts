import { type IpPacket, readIp } from '../leak/bytes/read.ts';
import { Capture } from '../leak/capture/capture.ts';

const UDP = 17;
const UDP_HEADER = 8;
const WIREGUARD_INITIATION = 1;
/** P_CONTROL_HARD_RESET_CLIENT_V2 and V3, in the upper five bits. */
const OPENVPN_RESETS = [7, 10];

export interface Dial {
  /** Seconds since 1970. */
  readonly time: number;
  /** The tunnel's socket on the host; OpenVPN takes another for each server that it tries. */
  readonly from: number;
  readonly kind: 'WireGuard' | 'OpenVPN';
}

/** Every first packet of a tunnel to a server at `address`, as the host sends it. */
export class Dials {
  readonly #capture = new Capture();
  readonly #address: string;
  readonly #ports: { readonly wireguard: number; readonly openvpn: number };

  constructor(address: string, ports: { readonly wireguard: number; readonly openvpn: number }) {
    this.#address = address;
    this.#ports = ports;
  }

  start = (): Promise<void> => this.#capture.start();

  async stop(): Promise<Dial[]> {
    await this.#capture.flush();
    await this.#capture.stop();
    return this.#capture.packets.flatMap((packet) => {
      const ip = packet.outgoing ? readIp(packet) : undefined;
      const kind = ip && this.#kindOf(ip);
      return kind && ip.ports ? [{ time: packet.time, from: ip.ports.from, kind }] : [];
    });
  }

  /** Undefined for what is no first packet of theirs. */
  #kindOf({ to, protocol, ports, payload }: IpPacket): Dial['kind'] | undefined {
    if (to !== this.#address || protocol !== UDP || payload.length <= UDP_HEADER) return undefined;
    const type = payload.readUInt8(UDP_HEADER);
    if (ports?.to === this.#ports.wireguard && type === WIREGUARD_INITIATION) return 'WireGuard';
    if (ports?.to === this.#ports.openvpn && OPENVPN_RESETS.includes(type >> 3)) return 'OpenVPN';
    return undefined;
  }
}

/** Of each tunnel's device or connection, told by its port, only the first: the protocol repeats it by its own clock. */
export function firstOfEach(dials: readonly Dial[]): Dial[] {
  const ports = new Set<number>();
  return dials.filter(({ from }) => !ports.has(from) && ports.add(from));
}

/** For each second from `begin` on, how many tunnels dialled. */
export function bySecond(dials: readonly Dial[], begin: number, seconds: number): number[] {
  const within = (second: number) => dials.filter(({ time }) => Math.floor(time - begin) === second);
  return Array.from({ length: seconds }, (_, second) => new Set(within(second).map(({ from }) => from)).size);
}
