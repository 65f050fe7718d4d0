import { run } from '../src/sidecar/host/command.ts';

const inside = (namespace: string): string[] => [`--net=/run/netns/${namespace}`, '--'];

/** argv of a program that runs with the network of `namespace` and everything else of the host. */
export const argvInside = (namespace: string, argv: readonly string[]): [string, ...string[]] => [
  'nsenter',
  ...inside(namespace),
  ...argv,
];

export async function runInside(namespace: string, argv: readonly string[], input?: string): Promise<string> {
  const { stdout } = await run(argvInside(namespace, argv), input === undefined ? {} : { input });
  return stdout;
}

export async function namespaces(): Promise<string[]> {
  const { stdout } = await run(['ip', 'netns', 'list']);
  return stdout
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter(Boolean);
}

/** A namespace with `lo` and nothing else. */
export async function addNamespace(namespace: string): Promise<void> {
  await run(['ip', 'netns', 'add', namespace]);
  await run(['ip', '-netns', namespace, 'link', 'set', 'dev', 'lo', 'up']);
}

/** Ends every process of the namespace, then the namespace. Absent is success. */
export async function removeNamespace(namespace: string): Promise<void> {
  if (!(await namespaces()).includes(namespace)) return;
  const { stdout } = await run(['ip', 'netns', 'pids', namespace]);
  for (const pid of stdout.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // gone meanwhile
    }
  }
  await run(['ip', 'netns', 'delete', namespace]);
}

/** Lines for `ip -batch`: an interface's addresses. `nodad`, because a v6 address is otherwise unusable for a second. */
export const addressLines = (device: string, ...addresses: readonly string[]): string[] =>
  addresses.map((address) => `address add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`);

export async function ipBatch(namespace: string | undefined, lines: readonly string[]): Promise<void> {
  const where = namespace === undefined ? [] : ['-netns', namespace];
  await run(['ip', ...where, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
