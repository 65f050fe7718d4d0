import { readdir, readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { sh } from './shell.ts';
import { RUN_FOLDER } from './sidecar.ts';
import { sleep } from './wait.ts';

/** What of the host a network plugin can change, as text without counters: equal texts, nothing left behind. */
export interface HostState {
  readonly links: string[];
  readonly namespaces: string[];
  readonly routes: string[];
  readonly rules: string[];
  readonly iptables: string[];
  readonly nftables: string[];
  readonly tunnelProcesses: string[];
  readonly files: string[];
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter(Boolean);

/** `iptables-save` gives a time and packet counts, `nft` counters. */
const withoutCounts = (text: string): string[] =>
  lines(text)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/ *\[\d+:\d+\]/, '').replace(/counter packets \d+ bytes \d+/, 'counter'));

/** Each table by its name and its lines. Order is no leftover: Docker puts its rules anew after its restart. */
const nftTables = (ruleset: string): string[] =>
  withoutCounts(ruleset)
    .join('\n')
    .split(/\n(?=table )/)
    .map((table) => {
      const [name = '', ...body] = table.split('\n');
      return [name, ...body.map((line) => line.trim()).sort()].join('\n  ');
    })
    .sort();

/** Without what the kernel itself adds for each address and each device that is up. */
const routesOf = (text: string): string[] =>
  lines(text)
    .filter((line) => !/^(local|broadcast|multicast|anycast) |^fe80::/.test(line))
    .map((line) => line.replace(' linkdown', ''))
    .sort();

/** Docker's own veths have names by chance: only how many there are can be compared. */
const linkNames = (text: string): string[] =>
  lines(text)
    .map((line) => (line.split(/\s+/)[0] ?? '').replace(/@.*/, ''))
    .map((name) => (/^veth[0-9a-f]{7}$/.test(name) ? 'veth*' : name))
    .sort();

/** Processes of any kind whose name tells that they carry a tunnel. */
async function tunnelProcesses(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
    if (/^(wireguard-go|openvpn|wg-quick|ziti)/.test(name)) found.push(`${name} ${pid}`);
  }
  return found.sort();
}

/** What stands below `/var/run/kasm-sidecar/<namespace>`. */
async function files(): Promise<string[]> {
  const found = await readdir(RUN_FOLDER, { recursive: true }).catch(() => []);
  return found.filter((name) => /^[0-9a-f]{12}(\/|$)/.test(name)).sort();
}

/** Docker takes the name of a namespace that is gone away only a minute later; what counts is whether it is mounted. */
async function namespaces(): Promise<string[]> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  return [...mounts.matchAll(/ \/run\/docker\/netns\/(\S+) /g)].map(([, name]) => name ?? '').sort();
}

/** Docker does not wait for a session's end: as it is when nothing moves any more, or after 3 s. */
export async function hostState(): Promise<HostState> {
  let state = await look();
  for (let looks = 0; looks < 10; looks++) {
    await sleep(150);
    const next = await look();
    if (isDeepStrictEqual(next, state)) break;
    state = next;
  }
  return state;
}

async function look(): Promise<HostState> {
  return {
    links: linkNames(await sh('ip', '-br', 'link')),
    namespaces: await namespaces(),
    routes: routesOf(
      `${await sh('ip', 'route', 'show', 'table', 'all')}\n${await sh('ip', '-6', 'route', 'show', 'table', 'all')}`,
    ),
    rules: [...lines(await sh('ip', 'rule')), ...lines(await sh('ip', '-6', 'rule'))],
    iptables: [...withoutCounts(await sh('iptables-save')).sort(), ...withoutCounts(await sh('ip6tables-save')).sort()],
    nftables: nftTables(await sh('nft', 'list', 'ruleset')),
    tunnelProcesses: await tunnelProcesses(),
    files: await files(),
  };
}
