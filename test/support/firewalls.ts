import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { run } from '../../src/sidecar/host/command.ts';
import { docker } from './docker.ts';
import { startEngine, stopEngine } from './engine.ts';
import { attempt, sh } from './shell.ts';
import { waitFor } from './wait.ts';

/** What an administrator, or a program of theirs, does to the host's firewall. */
export interface Break {
  readonly name: string;
  /** Why it can't be tried here. */
  readonly impossible?: () => Promise<string | undefined>;
  /** What somebody has to do once, as docs/engines.md says. */
  readonly prepare?: (bridge: string) => Promise<unknown>;
  readonly happen: () => Promise<unknown>;
  /** Puts back what no sidecar puts back. */
  readonly undo?: () => Promise<unknown>;
}

const PROGRAMS = ['iptables', 'ip6tables'] as const;
const both = (...args: string[]): Promise<unknown> =>
  Promise.all(PROGRAMS.map((program) => sh(program, '--wait', '5', ...args)));

const missing = async (program: string): Promise<string | undefined> =>
  (await attempt(['which', program])).exitCode === 0 ? undefined : `${program} is not installed`;

/** Docker's own rules go as well, and it puts them back only when it starts. */
function restoringDockers(happen: () => Promise<unknown>): Pick<Break, 'happen' | 'undo'> {
  let saved: string[] = [];
  return {
    happen: async () => {
      saved = await Promise.all(PROGRAMS.map((program) => sh(`${program}-save`)));
      await happen();
    },
    undo: async () => {
      for (const [index, program] of PROGRAMS.entries())
        await run([`${program}-restore`], { input: saved[index] ?? '' });
    },
  };
}

const BRIDGE_FILTER = ['iptables', 'ip6tables'].map((word) => `/proc/sys/net/bridge/bridge-nf-call-${word}`);

function bridgeFilter(value: '0' | '1'): Break {
  let before: string[] = [];
  return {
    name: `net.bridge.bridge-nf-call-iptables = ${value}`,
    impossible: () =>
      readFile(BRIDGE_FILTER[0] ?? '', 'utf8').then(
        () => undefined,
        () => 'the kernel has no br_netfilter',
      ),
    happen: async () => {
      before = await Promise.all(BRIDGE_FILTER.map((file) => readFile(file, 'utf8')));
      for (const file of BRIDGE_FILTER) await writeFile(file, value);
    },
    undo: () => Promise.all(BRIDGE_FILTER.map((file, index) => writeFile(file, before[index] ?? '1'))),
  };
}

/** Docker's containers start again with it. */
async function restartEngine(...options: string[]): Promise<void> {
  await stopEngine();
  await startEngine(...options);
}

async function useFlavour(flavour: 'legacy' | 'nft'): Promise<void> {
  await stopEngine();
  for (const table of ['nat', 'mangle', 'filter']) {
    await both('-t', table, '-F');
    await both('-t', table, '-X');
  }
  for (const chain of ['INPUT', 'FORWARD', 'OUTPUT']) await both('-P', chain, 'ACCEPT');
  for (const program of PROGRAMS) await sh('update-alternatives', '--set', program, `/usr/sbin/${program}-${flavour}`);
  await startEngine();
}

let firewalld: ChildProcess | undefined;

async function startFirewalld(bridge: string): Promise<void> {
  await sh('sh', '-c', 'mkdir -p /run/dbus && dbus-daemon --system --fork --nopidfile');
  firewalld = spawn('firewalld', ['--nofork', '--nopid'], { stdio: 'ignore' });
  await waitFor('firewalld', () => sh('firewall-cmd', '--state'), { timeoutMs: 30_000 });
  await sh('firewall-cmd', '--permanent', '--zone=trusted', `--add-interface=${bridge}`);
}

async function stopFirewalld(): Promise<void> {
  const daemon = firewalld;
  daemon?.kill('SIGTERM');
  await waitFor('the end of firewalld', () => !daemon || daemon.exitCode !== null || daemon.signalCode !== null);
  await restartEngine(); // firewalld took Docker's rules with it
}

const engineVersion = (): Promise<string> => docker('version', '-f', '{{.Server.Version}}');

export const BREAKS: readonly Break[] = [
  { name: 'iptables -F FORWARD', ...restoringDockers(() => both('-F', 'FORWARD')) },
  {
    name: 'iptables -P FORWARD DROP, and our chain flushed',
    ...restoringDockers(async () => {
      await both('-P', 'FORWARD', 'DROP');
      await both('-F', 'KASM-SIDECAR');
    }),
  },
  { name: 'iptables -F', ...restoringDockers(() => both('-F')) },
  { name: 'nft flush ruleset', ...restoringDockers(() => sh('nft', 'flush', 'ruleset')) },
  bridgeFilter('0'),
  bridgeFilter('1'),
  {
    name: 'ufw is enabled, and reloads',
    impossible: () => missing('ufw'),
    happen: async () => {
      await sh('ufw', '--force', 'enable');
      await sh('ufw', 'reload');
    },
    undo: async () => {
      await sh('ufw', 'disable');
      await restartEngine();
    },
  },
  {
    name: 'firewalld runs, and reloads',
    impossible: () => missing('firewalld'),
    prepare: startFirewalld,
    happen: () => sh('firewall-cmd', '--reload'),
    undo: stopFirewalld,
  },
  { name: 'Docker and host go over to iptables-legacy', happen: () => useFlavour('legacy') },
  { name: 'iptables-legacy -F FORWARD', ...restoringDockers(() => both('-F', 'FORWARD')) },
  { name: 'Docker and host go back to iptables-nft', happen: () => useFlavour('nft') },
  {
    name: 'Docker’s own nftables backend',
    impossible: async () => {
      const version = await engineVersion();
      return Number.parseInt(version, 10) >= 29 ? undefined : `Docker ${version} has none, 29 and later have`;
    },
    happen: () => restartEngine('--firewall-backend=nftables'),
    undo: () => restartEngine(),
  },
];
