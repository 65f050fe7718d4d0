import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { Slots } from '../../shared/async.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import { inside } from './inside.ts';
import { type LineAction, type LinePlace, readLine } from './ip-line.ts';
import { describeErrno, indexOfLink, receiveAside, SystemCallError, sendAside, setSocketOption } from './libc.ts';
import { NLM_F_DUMP, NLMSG_DONE, NLMSG_ERROR, openNetlink, receiveMessages, request, split } from './netlink.ts';
import { readAttributes } from './netlink-attributes.ts';
import type { Namespace } from './netns.ts';
import { deleteUnicastRoute, RTM_GETROUTE, RTM_NEWROUTE, routesQuestion } from './rtnetlink.ts';

// linux/netlink.h
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NLMSGERR_ATTR_MSG = 1;
/** struct nlmsgerr: an error number, and the header of what it is about. */
const ERROR_BYTES = 20;
const ON = Buffer.from(Int32Array.of(1).buffer);
const ROOM = 32 * 1024;
/** The socket holds some 250 answers until they are read, and the kernel gives all of them before `send` returns. */
const AT_ONCE = 64;

type Flush = Extract<LineAction, { kind: 'flush' }>;

/** Lines of ip(8) that need no ip(8): one command, or a batch of them. */
export interface IpLines {
  readonly actions: readonly LineAction[];
  /** `-force`: what follows a line that fails is done as well. */
  readonly goesOn: boolean;
  readonly isBatch: boolean;
}

/** ip(8)'s exit codes: what is named in the line does not stand; the kernel does not do it. */
const NOT_THERE = 1;
const REFUSED = 2;

const BATCH = /^(?:-(?<family>[46]) )?(?<force>-force )?-batch -$/;

/** Pure. Undefined for what is not ip(8), or only it can do. */
export function readIp([program, ...words]: readonly string[], input = ''): IpLines | undefined {
  if (program !== 'ip') return undefined;
  const batch = BATCH.exec(words.join(' '))?.groups;
  const lines = batch ? input.trimEnd().split('\n') : [words.join(' ')];
  const actions = lines.map((line) => readLine(line, batch?.family === '6' ? 6 : 4));
  if (!actions.every((action) => action !== undefined)) return undefined;
  return { actions, goesOn: batch?.force !== undefined, isBatch: batch !== undefined };
}

/** The kernel does one after the other whoever asks; more of them would only keep threads waiting. */
const turns = new Slots(2);

/**
 * Does what the lines say without a process, by the messages that ip(8) would send, aside from the main thread: changes of
 * links wait for each other, for some 20 ms each (docs/adr/0024-ip-without-a-process.md).
 * @throws EgressError NAMESPACE_GONE, NAMESPACE_IS_HOST
 */
export const runIp = (lines: IpLines, { namespace, files = [] }: CommandOptions): Promise<CommandResult> =>
  turns.run(async () => {
    const link = new RouteSocket(namespace, files);
    try {
      return toOutcome(lines, await link.run(lines));
    } finally {
      link.close();
    }
  });

interface Refusal {
  readonly why: string;
  readonly exitCode: typeof NOT_THERE | typeof REFUSED;
}

const NO_ANSWER: Refusal = { why: 'the kernel gave no answer', exitCode: REFUSED };

interface Failure extends Refusal {
  /** From 0 on. */
  readonly line: number;
}

/** As ip(8) would have ended. */
function toOutcome({ isBatch }: IpLines, failures: readonly Failure[]): CommandResult {
  const told = failures.map(({ line, why }) => (isBatch ? `${why}\nCommand failed -:${line + 1}\n` : `${why}\n`));
  return {
    stdout: '',
    stderr: told.join(''),
    exitCode: isBatch && failures.length > 0 ? 1 : (failures[0]?.exitCode ?? 0),
  };
}

interface Message {
  readonly line: number;
  readonly bytes: Buffer;
}

/** A socket that belongs to one namespace, and the lines that are done by it. */
class RouteSocket {
  readonly #socket: number;
  readonly #place: LinePlace;

  constructor(namespace: Namespace | undefined, files: readonly number[]) {
    const there = <T>(work: () => T): T => (namespace ? inside(namespace, work) : work());
    this.#socket = there(() => openNetlink('route'));
    this.#place = { files, indexOf: (name) => there(() => indexOfLink(name)) };
    setSocketOption(this.#socket, SOL_NETLINK, NETLINK_CAP_ACK, ON);
    setSocketOption(this.#socket, SOL_NETLINK, NETLINK_EXT_ACK, ON);
  }

  close(): void {
    closeSync(this.#socket);
  }

  async run({ actions, goesOn }: IpLines): Promise<Failure[]> {
    const failures: Failure[] = [];
    const messages: Message[] = [];
    const send = async () => failures.push(...(await this.#send(messages.splice(0))));
    for (const [line, action] of actions.entries()) {
      try {
        if (action.kind === 'message') messages.push({ line, bytes: action.build(this.#place) });
        else await send().then(() => this.#flush(action));
      } catch (error) {
        if (!(error instanceof SystemCallError)) throw error;
        failures.push({ line, why: error.message, exitCode: NOT_THERE });
      }
      if (!goesOn) await send();
      if (!goesOn && failures.length > 0) break;
    }
    await send();
    return failures.sort((one, other) => one.line - other.line);
  }

  /** Many in one call: the kernel does them in their order, also what follows one that fails, and answers each. */
  async #send(messages: readonly Message[]): Promise<Failure[]> {
    const failures: Failure[] = [];
    for (let next = 0; next < messages.length; next += AT_ONCE)
      failures.push(...(await this.#sendAtOnce(messages.slice(next, next + AT_ONCE))));
    return failures;
  }

  async #sendAtOnce(messages: readonly Message[]): Promise<Failure[]> {
    await sendAside(this.#socket, Buffer.concat(messages.map(({ bytes }) => bytes)));
    const answers: (Refusal | undefined)[] = [];
    for (let found = receiveMessages(this.#socket); found; found = receiveMessages(this.#socket))
      answers.push(...found.filter(({ type }) => type === NLMSG_ERROR).map(({ body }) => refusalIn(body)));
    return messages.flatMap(({ line }, index) => {
      const refusal = index < answers.length ? answers[index] : NO_ANSWER;
      return refusal ? [{ line, ...refusal }] : [];
    });
  }

  /** As ip(8) does: those that are listed go, one by one. */
  async #flush({ family, table }: Flush): Promise<void> {
    await sendAside(this.#socket, request(RTM_GETROUTE, routesQuestion(family), NLM_F_DUMP));
    const found: Buffer[] = [];
    for (let isDone = false; !isDone; )
      for (const { type, body } of split(await receiveAside(this.#socket, Buffer.alloc(ROOM)))) {
        isDone ||= type === NLMSG_DONE || type === NLMSG_ERROR;
        const removal = type === RTM_NEWROUTE ? deleteUnicastRoute(body, table) : undefined;
        if (removal) found.push(removal);
      }
    await this.#send(found.map((bytes) => ({ line: 0, bytes }))); // one that went meanwhile is no failure
  }
}

/** Pure. struct nlmsgerr. Undefined: it is done. */
function refusalIn(body: Buffer): Refusal | undefined {
  const errno = -body.readInt32LE(0);
  if (errno === 0) return undefined;
  const words = readAttributes(body.subarray(ERROR_BYTES)).get(NLMSGERR_ATTR_MSG)?.toString().replace(/\0.*$/s, '');
  const why = `${words ? `Error: ${words}. ` : ''}RTNETLINK answers: ${describeErrno(errno)}`;
  return { why, exitCode: errno === constants.errno.ENODEV ? NOT_THERE : REFUSED };
}
