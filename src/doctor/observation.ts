import type { SessionView } from '../shared/session-view.ts';
import type { EngineReport, NetworkReport, PluginReport } from '../sidecar/docker/engine-report.ts';

/** What was seen, or why it could not be. */
export type Seen<T> = { readonly value: T } | { readonly problem: string };

export const isSeen = <T>(seen: Seen<T>): seen is { readonly value: T } => 'value' in seen;

/** All that the checks judge. Plain data: a check looks at nothing else. */
export interface Observation {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly isRoot: boolean;
  readonly host: HostView;
  readonly engine: Seen<EngineReport>;
  readonly sidecar: SidecarView;
  /** Those of our driver. */
  readonly networks: readonly NetworkView[];
  readonly containers: readonly ContainerView[];
}

export interface HostView {
  readonly kernel: string;
  /** `dead`: the file is there, and nothing answers behind it. */
  readonly tun: 'fine' | 'absent' | 'dead';
  readonly wireguardModule: boolean;
  /** Those of the managed plugin, where it is one: the host's don't matter then. */
  readonly tools: readonly ToolView[];
  /** Answers of `nft list tables`. */
  readonly nft: Seen<string>;
  /** `iptables --version` on the host. */
  readonly iptables: Seen<string>;
  /** Rules, and policies other than ACCEPT, that the kernel holds for iptables-legacy. */
  readonly legacyRules: readonly string[];
  /** undefined: the kernel has no such parameter now. */
  readonly bridgeNetfilter: string | undefined;
  readonly ipForward: string | undefined;
  /** Whether mounts below Docker's folder for namespaces are shared; undefined without such a folder. */
  readonly namespacesShared: boolean | undefined;
  readonly folders: readonly FolderView[];
  readonly logs: readonly LogView[];
  /** When a file of the sidecar's was last changed: no clock may be before that. */
  readonly newestFile: number | undefined;
}

export interface ToolView {
  readonly name: string;
  /** First line of what it says of itself; undefined where it is not there. */
  readonly version: string | undefined;
}

export interface FolderView {
  readonly path: string;
  readonly freeBytes: number;
  readonly freeFiles: number;
  readonly isReadOnly: boolean;
}

export interface LogView {
  readonly path: string;
  readonly state: 'fine' | 'absent' | 'unwritable';
}

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly message?: string | undefined;
}

export interface SidecarView {
  /** The managed plugin, enabled or not; undefined where there is none, or the engine did not say. */
  readonly plugin: PluginReport | undefined;
  /** Process that listens on the control socket. */
  readonly pid: number | undefined;
  /** Its effective capabilities, as the bits of proc(5). */
  readonly capabilities: bigint | undefined;
  readonly driverSocket: string;
  readonly driverAnswer: Seen<string>;
  readonly ownVersion: string;
  readonly version: Seen<string>;
  readonly health: Seen<readonly HealthCheck[]>;
  /** The end of the network log. */
  readonly log: Seen<readonly string[]>;
}

export interface NetworkView extends NetworkReport {
  readonly bridge: string;
  readonly bridgeIsUp: boolean | undefined;
  readonly proxy: string;
  /** `nft list table inet kasm_sidecar`, `iptables -S` and `ip6tables -S`; the same for all networks. */
  readonly table: Seen<string>;
  readonly forward4: Seen<string>;
  readonly forward6: Seen<string>;
}

export interface ContainerView {
  readonly id: string;
  readonly name: string;
  readonly role: 'session' | 'proxy';
  /** undefined: the sidecar does not know it, or could not be asked. */
  readonly session: SessionView | undefined;
  readonly wires: readonly WireView[];
  readonly inside: Seen<InsideView>;
  readonly apiHost: string | undefined;
  readonly hosts: Seen<string>;
  /** The proxy's address on its network. */
  readonly proxyAddress: string | undefined;
  /** Of a session with a tunnel: the file that the tunnel was made from. */
  readonly config: { readonly path: string; readonly mode: Seen<number> } | undefined;
}

export interface WireView {
  readonly hostLink: string;
  readonly bridge: string;
  readonly end: { readonly isUp: boolean; readonly master: string | undefined } | undefined;
  /** Its nft table. */
  readonly guard: Seen<string>;
}

export interface InsideView {
  readonly path: string;
  readonly links: readonly LinkView[];
  /** `ip route`, `ip rule`, and the tunnel's own table: a line each. */
  readonly routes: readonly string[];
  readonly rules: readonly string[];
  readonly tunnelRoutes: readonly string[];
  /** `iptables-save` and `ip6tables-save`. */
  readonly lock4: Seen<string>;
  readonly lock6: Seen<string>;
}

export interface LinkView {
  readonly name: string;
  readonly isUp: boolean;
  readonly addresses: readonly string[];
}
