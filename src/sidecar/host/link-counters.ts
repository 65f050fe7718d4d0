import { attribute, findAttribute, NetlinkQuestions } from './netlink.ts';
import type { Namespace } from './netns.ts';

// linux/rtnetlink.h, linux/if_link.h
const RTM_GETLINK = 18;
const IFINFOMSG_BYTES = 16;
const IFLA_IFNAME = 3;
const IFLA_STATS64 = 23;
/** struct rtnl_link_stats64: packets received and sent, then bytes received and sent, 8 bytes each. */
const STATS64_RECEIVED_BYTES = 16;
const STATS64_SENT_BYTES = 24;

/** Bytes that passed a device. */
export interface Counters {
  readonly received: number;
  readonly sent: number;
}

/** What one device of a namespace has counted, asked for by its name each time: it may be another device by then. */
export class LinkCounters {
  readonly #questions: NetlinkQuestions;
  readonly #question: Buffer;

  constructor(namespace: Namespace, device: string) {
    this.#questions = new NetlinkQuestions('route', namespace);
    this.#question = Buffer.concat([Buffer.alloc(IFINFOMSG_BYTES), attribute(IFLA_IFNAME, Buffer.from(`${device}\0`))]);
  }

  /** Undefined where there is no such device. */
  read(): Counters | undefined {
    const [link] = this.#questions.ask(RTM_GETLINK, this.#question) ?? [];
    const stats = link && findAttribute(link.body, IFINFOMSG_BYTES, IFLA_STATS64);
    return (
      stats && {
        received: Number(stats.readBigUInt64LE(STATS64_RECEIVED_BYTES)),
        sent: Number(stats.readBigUInt64LE(STATS64_SENT_BYTES)),
      }
    );
  }

  close(): void {
    this.#questions.close();
  }
}

/** Whether `namespace` has a device of that name; not, where the namespace is gone. */
export function hasDevice(namespace: Namespace, device: string): boolean {
  let counters: LinkCounters;
  try {
    counters = new LinkCounters(namespace, device);
  } catch {
    return false;
  }
  try {
    return counters.read() !== undefined;
  } finally {
    counters.close();
  }
}
