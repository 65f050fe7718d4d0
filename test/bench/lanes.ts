import { afterAll } from 'vitest';
import { session } from '../support/control.ts';
import { inNamespace, sandboxKey } from '../support/docker.ts';
import { unique } from '../support/session.ts';
import { sleep } from '../support/wait.ts';
import { type ByHand, openVpnByHand, PLACES, type Place, wireGuardByHand } from './by-hand.ts';
import { type Bench, OPENVPN_TCP, OPENVPN_UDP, PLAIN, WIREGUARD } from './ways.ts';

/** Until the path's MTU is found. */
const SETTLE_MS = 8_000;

/** Something to send through: a session's namespace, or one made by hand. */
export interface Lane {
  readonly namespace: string;
  /** Of the tunnel. */
  readonly pid?: number;
}

const byHand = (way: string, place: Place): string => `${way}, by hand, ${place}`;

/** One of each kind, and beside it the tool by hand in every place, with the same MTU. They end with the file. */
export class Lanes {
  readonly #bench: Bench;
  readonly #lanes = new Map<string, Lane>();
  readonly #containers: string[] = [];
  readonly #hands: ByHand[] = [];

  constructor(bench: Bench) {
    this.#bench = bench;
    afterAll(async () => {
      await bench.end(this.#containers);
      for (const hand of this.#hands) await hand.end();
    });
  }

  /** Gives the MTU of each pair's devices. */
  async open(): Promise<Record<string, number[]>> {
    await this.#addSession(PLAIN);
    await this.#addSession(OPENVPN_TCP);
    return {
      [WIREGUARD]: [await this.#addPair(WIREGUARD, 'wg', wireGuardByHand)],
      [OPENVPN_UDP]: [await this.#addPair(OPENVPN_UDP, 'tun0', openVpnByHand)],
    };
  }

  get all(): ReadonlyMap<string, Lane> {
    return this.#lanes;
  }

  lane(name: string): Lane {
    const lane = this.#lanes.get(name);
    if (!lane) throw new Error(`no lane ${name}`);
    return lane;
  }

  async #addSession(way: string): Promise<string> {
    const name = unique('lane');
    this.#containers.push(name);
    await this.#bench.start(way, name);
    const { body } = await session(name);
    const pid = body.tunnel ? { pid: body.tunnel.process_id } : {};
    this.#lanes.set(way, { namespace: await sandboxKey(name), ...pid });
    return name;
  }

  async #addPair(
    way: string,
    device: string,
    make: (bench: Bench, place: Place, mtu: number) => Promise<ByHand>,
  ): Promise<number> {
    const name = await this.#addSession(way);
    await sleep(SETTLE_MS);
    const mtu = Number(/mtu (\d+)/.exec(await inNamespace(name, 'ip', 'link', 'show', 'dev', device))?.[1]);
    for (const place of PLACES) {
      const hand = await make(this.#bench, place, mtu);
      this.#hands.push(hand);
      this.#lanes.set(byHand(way, place), hand);
    }
    return mtu;
  }
}

const ratios = (ours: readonly number[] = [], theirs: readonly number[] = []): number[] =>
  ours.map((value, run) => value / (theirs[run] ?? Number.NaN));

/** Ours in shares of what the tool by hand has, run by run. */
export const sharesOfByHand = (results: Readonly<Record<string, readonly number[]>>): Record<string, number[]> =>
  Object.fromEntries(
    [WIREGUARD, OPENVPN_UDP].flatMap((way) =>
      PLACES.map((place) => [`${way}, to the one ${place}`, ratios(results[way], results[byHand(way, place)])]),
    ),
  );
