import { close, closeSync } from 'node:fs';
import { inside } from './inside.ts';
import { bindSocket, openSocket, receive, SystemCallError, send } from './libc.ts';
import type { Namespace } from './netns.ts';
import { AF_NETLINK, SOCK_RAW } from './socket-constants.ts';
import { socketWatch } from './socket-watch.ts';

// linux/netlink.h, linux/rtnetlink.h, linux/netfilter/nfnetlink.h. Integers are the machine's own, which is little-endian
// wherever Node has a build for Linux but s390x and ppc64.
const HEADER_BYTES = 16;
const NLM_F_REQUEST = 1;
export const NLM_F_DUMP = 0x300;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

const PROTOCOLS = { route: 0, sockDiag: 4, netfilter: 12 } as const;
type Protocol = keyof typeof PROTOCOLS;

/** What can be heard of: multicast groups, by protocol. */
const TOPICS = {
  /** RTNLGRP_LINK */
  links: { protocol: 'route', groups: [1] },
  /** RTNLGRP_ LINK, IPV4_IFADDR, IPV4_ROUTE, IPV4_RULE, IPV6_IFADDR, IPV6_ROUTE, IPV6_RULE; a link that goes down takes its routes without a word. */
  routes: { protocol: 'route', groups: [1, 5, 7, 8, 9, 11, 19] },
  /** NFNLGRP_NFTABLES; iptables-legacy tells nobody. */
  rules: { protocol: 'netfilter', groups: [7] },
} as const satisfies Record<string, { protocol: Protocol; groups: readonly number[] }>;

export type Topic = keyof typeof TOPICS;

/** One message's payload, without its header. */
export interface Message {
  readonly type: number;
  /** Of the socket whose request led to it: netlink(7) calls a process's first one by the process's id. */
  readonly port: number;
  readonly body: Buffer;
}

const scratch = Buffer.alloc(64 * 1024); // received and read within one turn of the event loop

/** Whoever has it closes it. */
export const openNetlink = (protocol: Protocol): number => openSocket(AF_NETLINK, SOCK_RAW, PROTOCOLS[protocol]);

/** Where to listen or ask: on the host without a namespace. */
const at = <T>(namespace: Namespace | undefined, work: () => T): T => (namespace ? inside(namespace, work) : work());

/** A socket that hears of a topic; whoever has it closes it. It keeps the namespace alive. @throws EgressError NAMESPACE_GONE */
export function openListener(topic: Topic, namespace: Namespace | undefined): number {
  const { protocol, groups } = TOPICS[topic];
  const socket = at(namespace, () => openNetlink(protocol));
  try {
    bindSocket(socket, groupsAddress(groups));
    return socket;
  } catch (error) {
    closeSync(socket);
    throw error;
  }
}

/** What has come to it, without waiting; undefined where nothing has. They are only good until the next call. @throws SystemCallError */
export function receiveMessages(socket: number): Message[] | undefined {
  const length = receive(socket, scratch);
  return length === undefined ? undefined : split(scratch.subarray(0, length));
}

/** There were so many that the kernel has dropped some. */
const LOST = 'lost';

/** Notices, without a process, that somebody has changed something. It keeps the namespace alive until it is closed. */
export class ChangeListener {
  readonly #socket: number;
  #isOpen = true;
  #hasNews = false;

  /** @param onChange called within 50 ms of a change, and not again until `takeChange` */
  constructor(topic: Topic, namespace?: Namespace, onChange?: () => void) {
    this.#socket = openListener(topic, namespace);
    try {
      socketWatch.add(this.#socket, () => {
        const isFirst = !this.#hasNews;
        this.#hasNews = true;
        if (isFirst) onChange?.();
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Whether there was a change since it was asked last, of anybody's, ours included; one of the last 50 ms may be told later.
   * @param matters which messages count
   */
  takeChange(matters: (message: Message) => boolean = () => true): boolean {
    if (!this.#isOpen || !this.#hasNews) return false;
    this.#hasNews = false;
    let changed = false;
    for (let messages = this.#receive(); messages; messages = this.#receive())
      changed ||= messages === LOST || messages.some(matters);
    return changed;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    socketWatch.remove(this.#socket);
    closeWhenFreed(this.#socket);
  }

  #receive(): Message[] | typeof LOST | undefined {
    try {
      return receiveMessages(this.#socket);
    } catch (error) {
      if (error instanceof SystemCallError && error.code === 'ENOBUFS') return LOST;
      throw error;
    }
  }
}

/** struct sockaddr_nl, netlink(7): groups are bits, and the kernel gives the port. */
function groupsAddress(groups: readonly number[]): Buffer {
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF_NETLINK, 0);
  const mask = groups.reduce((bits, group) => bits | (1 << (group - 1)), 0);
  address.writeUInt32LE(mask >>> 0, 8);
  return address;
}

/** By then the kernel has freed what a transaction replaced. */
const FREED_AFTER_MS = 100;

/** Not at once: a socket that may have to do with rules closes when all is freed, and would keep the main thread waiting. */
export function closeWhenFreed(socket: number): void {
  setTimeout(() => close(socket), FREED_AFTER_MS).unref();
}

/** Asks the kernel, which answers before `send` returns. It keeps the namespace alive until it is closed. */
export class NetlinkQuestions {
  readonly #socket: number;
  #isOpen = true;

  constructor(protocol: Protocol, namespace: Namespace) {
    this.#socket = inside(namespace, () => openNetlink(protocol));
  }

  /**
   * @returns the answer's messages; undefined where the kernel answers with an error
   */
  ask(type: number, body: Buffer, flags = 0): Message[] | undefined {
    if (!this.#isOpen) return undefined;
    send(this.#socket, request(type, body, flags));
    const messages: Message[] = [];
    for (;;) {
      const received = receiveMessages(this.#socket);
      if (!received) return messages;
      for (const message of received) {
        if (message.type === NLMSG_ERROR) return undefined;
        if (message.type === NLMSG_DONE) return messages;
        messages.push({ ...message, body: Buffer.from(message.body) });
      }
    }
  }

  close(): void {
    if (this.#isOpen) closeWhenFreed(this.#socket);
    this.#isOpen = false;
  }
}

export function request(type: number, body: Buffer, flags: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(NLM_F_REQUEST | flags, 6);
  return Buffer.concat([header, body]);
}

const aligned = (length: number): number => (length + 3) & ~3;

/** Pure. What does not hold together ends it. */
export function split(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  for (let offset = 0; offset + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(offset);
    if (length < HEADER_BYTES) break;
    messages.push({
      type: bytes.readUInt16LE(offset + 4),
      port: bytes.readUInt32LE(offset + 12),
      body: bytes.subarray(offset + HEADER_BYTES, offset + length),
    });
    offset += aligned(length);
  }
  return messages;
}
