import { z } from 'zod';
import { SESSION_STATES } from '../../shared/session-view.ts';

/**
 * What is on disk. Every record carries a version; one that isn't known is not read, and what it stands for stays blocked.
 * A field that isn't known is one of a later version, which was rolled back: it is left out, and what it is for is as before it.
 * Networks and launch scripts outlive a reboot (`/var/lib`); endpoints and sessions live as long as the kernel's objects
 * that they name (`/run`).
 */
export const networkRecord = z.object({
  version: z.literal(1),
  id: z.string(),
  bridge: z.string(),
  /** Whether an operator named the bridge (`-o bridge=…`), so that ours may not be put in its place. */
  bridgeGiven: z.boolean(),
  subnet4: z.string(),
  /** In CIDR form, as Docker's IPAM gave it. */
  gateway4: z.string(),
  subnet6: z.string().optional(),
  gateway6: z.string().optional(),
  internal: z.boolean(),
  policy: z.enum(['required', 'optional']),
  proxy: z.string(),
  proxyPorts: z.array(z.number()),
  deadlineSeconds: z.number(),
});
export type NetworkRecord = z.infer<typeof networkRecord>;

export const endpointRecord = z.object({
  version: z.literal(1),
  id: z.string(),
  networkId: z.string(),
  mac: z.string(),
  /** Addresses in CIDR form. */
  ipv4: z.string(),
  ipv6: z.string().optional(),
  /** `driver-opt=launch=KEY` */
  launchKey: z.string().optional(),
  /** Ports that `-p` asked for: they can't be served, see PORTS_UNSUPPORTED. */
  published: z.boolean(),
  joined: z
    .object({
      sandboxKey: z.string(),
      /** Name of the link inside the container. */
      link: z.string(),
    })
    .optional(),
});
export type EndpointRecord = z.infer<typeof endpointRecord>;

export const containerRecord = z.object({ id: z.string(), name: z.string() });
export type ContainerRecord = z.infer<typeof containerRecord>;

const tunnelRecord = z.object({
  kind: z.enum(['wireguard', 'openvpn']),
  implementation: z.enum(['kernel', 'userspace']),
  hostDevice: z.string().optional(),
  process: z.object({ id: z.number(), startTime: z.string() }).optional(),
  pinned: z.array(z.string()).readonly(),
  stands: z.string().optional(),
  /** What the server gave when it was up: after a crash it says so to nobody again. */
  up: z
    .object({
      addresses: z.array(z.string()).readonly(),
      dns: z.array(z.string()).readonly(),
      searchDomains: z.array(z.string()).readonly(),
      mtu: z.number(),
    })
    .optional(),
});

export type TunnelRecordOnDisk = z.infer<typeof tunnelRecord>;

export const sessionRecord = z.object({
  version: z.literal(1),
  /** Name of the namespace. */
  namespace: z.string(),
  sandboxKey: z.string(),
  inode: z.number().optional(),
  role: z.enum(['unknown', 'session', 'proxy']),
  container: containerRecord.optional(),
  launchKey: z.string().optional(),
  sessionId: z.string().optional(),
  state: z.enum(SESSION_STATES),
  reason: z.object({ code: z.string(), message: z.string() }).optional(),
  since: z.string(),
  /** An operator cut it: it stays blocked until told otherwise. */
  cut: z.boolean(),
  /** Host-side path of the container's root file system, for what must be cleared when its processes are gone. */
  rootfs: z.string().optional(),
  tunnel: tunnelRecord.optional(),
  /** A tunnel has taken over the routes in the namespace; they stay taken while none stands. */
  held: z.boolean().default(false),
  /** The engine may make known an address from inside (`LockInput`). */
  announces: z.boolean().default(true),
  /** The lock as it was last seen to stand: digest of its text, and the generation of the namespace's rules. */
  sighting: z.object({ lock: z.string(), generation: z.number() }).optional(),
  /** Of the launch script that the tunnel was made for. */
  fingerprint: z.string().optional(),
});
export type SessionRecord = z.infer<typeof sessionRecord>;

export const launchScriptRecord = z.object({
  version: z.literal(1),
  key: z.string(),
  storedAt: z.string(),
  /** The body as it was sent. It holds secrets; the file is root's alone. */
  body: z.unknown(),
});
export type LaunchScriptRecord = z.infer<typeof launchScriptRecord>;
