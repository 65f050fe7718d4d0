import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { readMountFlags } from '../../sidecar/host/mount-flags.ts';
import type { FolderView, HostView, LogView, ToolView } from '../observation.ts';
import { type Argv, asPlugin, type Look, orNothing } from './look.ts';

/** Where the sidecar keeps what. */
export interface Places {
  readonly runDir: string;
  readonly stateDir: string;
  readonly logDir: string;
  readonly openvpn: string;
}

export interface HostQuestion {
  readonly places: Places;
  readonly look: Look;
  /** The managed plugin's process: then its programs count, not the host's. */
  readonly pluginPid: number | undefined;
}

export async function observeHost({ places, look, pluginPid }: HostQuestion): Promise<HostView> {
  const folders = [places.runDir, places.stateDir, places.logDir];
  const [tools, nft, iptables, legacyRules] = await Promise.all([
    observeTools(places, look, pluginPid),
    look(['nft', 'list', 'tables']),
    look(['iptables', '--version']),
    observeLegacy(look),
  ]);
  return {
    kernel: release(),
    tun: observeTun(),
    wireguardModule: hasWireGuard(),
    tools,
    nft,
    iptables,
    legacyRules,
    bridgeNetfilter: linesOf('/proc/sys/net/bridge/bridge-nf-call-iptables')[0],
    ipForward: linesOf('/proc/sys/net/ipv4/ip_forward')[0],
    namespacesShared: namespacesShared(),
    folders: folders.map(observeFolder),
    logs: ['network_sidecar.log', 'plugin.log'].map((name) => observeLog(join(places.logDir, name))),
    newestFile: newestBelow(folders),
  };
}

const TOOLS: readonly Argv[] = [
  ['ip', '-Version'],
  ['nft', '--version'],
  ['iptables', '--version'],
  ['ip6tables', '--version'],
  ['iptables-restore', '--version'],
  ['ip6tables-restore', '--version'],
  ['wg', '--version'],
  ['wireguard-go', '--version'],
];

function observeTools(places: Places, look: Look, pluginPid: number | undefined): Promise<ToolView[]> {
  const questions: Argv[] = [...TOOLS, [places.openvpn, '--version']];
  return Promise.all(
    questions.map(async (argv) => {
      // 1: OpenVPN 2.5 and older end so after telling their version.
      const answer = await look(pluginPid === undefined ? argv : asPlugin(pluginPid, argv), { okExitCodes: [1] });
      return { name: argv[0], version: orNothing(answer)?.trim().split('\n')[0] };
    }),
  );
}

/** Asked only where the kernel has such tables: else the question would make them. */
async function observeLegacy(look: Look): Promise<string[]> {
  if (linesOf('/proc/net/ip_tables_names').length === 0) return [];
  const saved = orNothing(await look(['iptables-legacy-save'])) ?? '';
  return saved.split('\n').filter((line) => line.startsWith('-A ') || /^:\S+ DROP/.test(line));
}

/** The file alone says little: without the module behind it, opening it fails. */
function observeTun(): HostView['tun'] {
  if (!existsSync('/dev/net/tun')) return 'absent';
  try {
    closeSync(openSync('/dev/net/tun', 'r+'));
    return 'fine';
  } catch {
    return 'dead';
  }
}

/** Loaded, built in, or there to be loaded. */
function hasWireGuard(): boolean {
  if (existsSync('/sys/module/wireguard')) return true;
  const folder = `/lib/modules/${release()}`;
  return ['modules.builtin', 'modules.dep'].some((name) =>
    linesOf(join(folder, name)).some((line) => /\/wireguard\.ko/.test(line.split(':')[0] ?? '')),
  );
}

const NAMESPACES = ['/run/docker/netns', '/run/docker'];

function namespacesShared(): boolean | undefined {
  const folder = NAMESPACES.find((path) => existsSync(path));
  return folder === undefined ? undefined : readMountFlags(folder).some((flag) => flag.startsWith('shared:'));
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return []; // absent is an answer
  }
}

/** The nearest folder that is there: the sidecar would make the rest. */
const nearest = (path: string): string => (existsSync(path) ? path : nearest(dirname(path)));

function observeFolder(path: string): FolderView {
  const folder = nearest(path);
  const { bavail, bsize, ffree, files } = statfsSync(folder);
  const freeFiles = files === 0 ? Number.MAX_SAFE_INTEGER : ffree; // file systems without a limit say 0 of 0
  return { path, freeBytes: bavail * bsize, freeFiles, isReadOnly: isReadOnly(folder) };
}

function isReadOnly(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

function observeLog(path: string): LogView {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_APPEND));
    return { path, state: 'fine' };
  } catch (error) {
    return { path, state: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : 'unwritable' };
  }
}

function newestBelow(folders: readonly string[]): number | undefined {
  const times = folders.flatMap((folder) => {
    try {
      return readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs);
    } catch {
      return []; // absent, or changed meanwhile
    }
  });
  return times.length === 0 ? undefined : Math.max(...times);
}
