import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../src/sidecar/host/command.ts';
import { findNamespace, type Namespace, runInside } from '../../src/sidecar/host/netns.ts';
import { findProcesses, stopProcess } from '../../src/sidecar/host/process.ts';
import { isListening } from '../../src/sidecar/host/unix-socket.ts';

/** Undone newest first, every one of them, whatever happened before. */
export class Undo {
  readonly #steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  async all(): Promise<void> {
    const results = [];
    for (const step of this.#steps.splice(0).reverse()) results.push(...(await Promise.allSettled([step()])));
    const failed = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
    if (failed.length > 0) throw new AggregateError(failed);
  }
}

export const uniqueName = (prefix: string): string => `${prefix}${randomBytes(4).toString('hex')}`;

/** An empty namespace with a loopback, and a folder, as a session has them. */
export async function makeNamespace(undo: Undo): Promise<Namespace> {
  const name = uniqueName('kst-test-');
  await run(['ip', 'netns', 'add', name]);
  undo.add(() => run(['ip', 'netns', 'delete', name]));
  await run(['ip', '-netns', name, 'link', 'set', 'dev', 'lo', 'up']);
  const namespace = findNamespace(`/run/netns/${name}`);
  if (!namespace) throw new Error(`no namespace ${name}`);
  return namespace;
}

export async function makeFolder(undo: Undo): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kst-test-'));
  undo.add(() => rm(folder, { recursive: true }));
  return folder;
}

export interface WireGuardServerAt {
  readonly namespace: Namespace;
  /** Of the wire between host and server, seen from the host. */
  readonly address: string;
  readonly port: number;
  readonly publicKey: string;
  readonly presharedKey: string;
  readonly clientKey: string;
  /** What the greeting on 10.2.0.1:7 and [fd00:77::1]:7 says. */
  readonly greeting: string;
  readonly device: string;
}

export const INNER_V4 = '10.2.0.1';
export const INNER_V6 = 'fd00:77::1';
export const GREETING_PORT = 7;

/** A VPN server in a namespace of its own, on a wire from the host: 198.18.<number>.1 is the host. */
export async function startServer(undo: Undo, number: number): Promise<WireGuardServerAt> {
  const namespace = await makeNamespace(undo);
  const address = await layWire(undo, namespace, number);
  const device = uniqueName('wgs');
  const port = 51_820;
  const [own, client] = [await makeKeys(), await makeKeys()];
  const presharedKey = (await run(['wg', 'genpsk'])).stdout.trim();
  await startDevice(undo, namespace, device, [
    '[Interface]',
    `PrivateKey = ${own.privateKey}`,
    `ListenPort = ${port}`,
    '[Peer]',
    `PublicKey = ${client.publicKey}`,
    `PresharedKey = ${presharedKey}`,
    'AllowedIPs = 10.2.0.2/32, fd00:77::2/128',
  ]);
  const greeting = `greeting of ${device}`;
  await startGreeter(undo, namespace, greeting);
  return {
    namespace,
    address,
    port,
    publicKey: own.publicKey,
    presharedKey,
    clientKey: client.privateKey,
    greeting,
    device,
  };
}

async function layWire(undo: Undo, namespace: Namespace, number: number): Promise<string> {
  const link = uniqueName('kswg');
  await run(['ip', 'link', 'add', 'name', link, 'type', 'veth', 'peer', 'name', 'wire', 'netns', namespace.name]);
  undo.add(() => run(['ip', 'link', 'delete', 'dev', link], { okExitCodes: [1] })); // 1: went with the namespace
  await run(['ip', 'address', 'add', `198.18.${number}.1/24`, 'dev', link]);
  await run(['ip', 'link', 'set', 'dev', link, 'up']);
  await inside(namespace, ['ip', 'address', 'add', `198.18.${number}.2/24`, 'dev', 'wire']);
  await inside(namespace, ['ip', 'address', 'add', `198.18.${number}.3/24`, 'dev', 'wire']);
  await inside(namespace, ['ip', 'link', 'set', 'dev', 'wire', 'up']);
  return `198.18.${number}.2`;
}

async function makeKeys(): Promise<{ privateKey: string; publicKey: string }> {
  const privateKey = (await run(['wg', 'genkey'])).stdout.trim();
  const publicKey = (await run(['wg', 'pubkey'], { input: privateKey })).stdout.trim();
  return { privateKey, publicKey };
}

async function startDevice(undo: Undo, namespace: Namespace, device: string, config: string[]): Promise<void> {
  const server = startInside(undo, namespace, ['wireguard-go', '-f', device]);
  undo.add(async () => {
    for (const found of findProcesses((argv) => argv.includes(device))) await stopProcess(found);
    await rm(`/var/run/wireguard/${device}.sock`, { force: true });
  });
  await until(() => isListening(`/var/run/wireguard/${device}.sock`));
  if (server.exitCode !== null) throw new Error('the server ended');
  const file = join(await makeFolder(undo), 'setconf');
  await writeFile(file, `${config.join('\n')}\n`, { mode: 0o600 });
  await run(['wg', 'setconf', device, file]);
  await inside(namespace, ['ip', 'address', 'add', `${INNER_V4}/24`, 'dev', device]);
  await inside(namespace, ['ip', 'address', 'add', `${INNER_V6}/64`, 'dev', device, 'nodad']);
  await inside(namespace, ['ip', 'link', 'set', 'dev', device, 'up']);
}

async function startGreeter(undo: Undo, namespace: Namespace, greeting: string): Promise<void> {
  const program = `require('net').createServer(c => c.end(${JSON.stringify(greeting)})).listen(${GREETING_PORT}, '::', () => console.log('up'))`;
  const greeter = startInside(undo, namespace, ['node', '-e', program]);
  await new Promise((resolve) => greeter.stdout?.once('data', resolve));
}

function startInside(undo: Undo, namespace: Namespace, argv: readonly string[]): ChildProcess {
  const child = spawn('nsenter', [`--net=${namespace.path}`, '--', ...argv], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, WG_PROCESS_FOREGROUND: '1' },
  });
  undo.add(async () => child.kill('SIGKILL'));
  return child;
}

export const inside = (namespace: Namespace, argv: readonly [string, ...string[]]): Promise<{ stdout: string }> =>
  runInside(run, namespace, argv);

/** What a program in the session reads from the other end of its tunnel; throws where it can't get there. */
export async function greetingFrom(namespace: Namespace, address: string): Promise<string> {
  const program = `const s = require('net').connect(${GREETING_PORT}, '${address}'); s.setTimeout(2000, () => { throw Error('timeout') }); s.pipe(process.stdout)`;
  return (await inside(namespace, ['node', '-e', program])).stdout;
}

export async function until(condition: () => Promise<boolean>, deadlineMs = 5000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${condition}`);
    await sleep(5);
  }
}
