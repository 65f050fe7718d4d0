import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { waitFor } from '../../support/wait.ts';
import type { Packet } from './pcap.ts';
import { PcapReader } from './pcap.ts';

let markers = 0;

/** Everything that passes any interface of a namespace, from `start` to `stop`. */
export class Capture {
  readonly #namespace: string | undefined;
  readonly #reader = new PcapReader();
  #tcpdump: ChildProcess | undefined;
  #words = '';

  /** Default: the host's own namespace. */
  constructor(namespace?: string) {
    this.#namespace = namespace;
  }

  get packets(): readonly Packet[] {
    return this.#reader.packets;
  }

  take = (): readonly Packet[] => this.#reader.take();

  async start(): Promise<void> {
    const inside = this.#namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${this.#namespace}`, '--'];
    const tcpdump = [
      'tcpdump',
      '-i',
      'any',
      '-y',
      'LINUX_SLL2',
      '-n',
      '-U',
      '--immediate-mode',
      // Each packet takes a slot of the snapshot's length in the kernel's buffer, and a probe is short.
      '-s',
      '2048',
      '-B',
      '32768',
      '-w',
      '-',
    ];
    const [program = '', ...args] = [...inside, ...tcpdump];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#tcpdump = child;
    child.stdout.on('data', (chunk: Buffer) => this.#reader.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      this.#words += chunk.toString();
    });
    child.on('error', (error) => {
      this.#words += error.message;
    });
    await waitFor('tcpdump to listen', () => this.#words.includes('listening on'), { everyMs: 10 });
  }

  /** When it returns, every packet that had passed before the call has been read. */
  async flush(): Promise<void> {
    const marker = `marker ${process.pid} ${++markers};`;
    const from = this.packets.length;
    const socket = createSocket('udp4');
    const send = () => socket.send(marker, 9, '127.0.0.1');
    const seen = () => this.packets.slice(from).some(({ bytes }) => bytes.includes(marker));
    try {
      send(); // packets arrive in their order
      await waitFor('the capture to catch up', seen, { everyMs: 10, timeoutMs: 15_000 });
    } finally {
      socket.close();
    }
  }

  /** @throws Error if the kernel had to drop packets: then nothing is proven. */
  async stop(): Promise<void> {
    const child = this.#tcpdump;
    if (!child) return;
    this.#tcpdump = undefined;
    child.kill('SIGINT');
    await waitFor('tcpdump to end', () => child.exitCode !== null || child.signalCode !== null, { everyMs: 10 });
    const dropped = /(\d+) packets? dropped by kernel/.exec(this.#words)?.[1];
    if (dropped !== '0') throw new Error(`tcpdump dropped ${dropped ?? '?'} packets:\n${this.#words}`);
  }
}
