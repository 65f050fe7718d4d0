import { z } from 'zod';
import { EGRESS_TYPES } from './launch-script.ts';

export const SESSION_STATES = ['blocked', 'connecting', 'connected', 'reconnecting', 'failed', 'ended'] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** Why a session is in its state: a stable code and one sentence. Absent where the state says it all. */
export const reasonView = z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() });

const tunnelView = z.object({
  kind: z.enum(EGRESS_TYPES),
  implementation: z.string().describe('wireguard: `kernel` or `userspace`'),
  device: z.string().describe('Name inside the container: wg or tun0'),
  peer_address: z.string().optional().describe('Address and port of the VPN server, as pinned on the host'),
  latest_handshake: z.iso.datetime().optional(),
  received_bytes: z.number().int().optional(),
  sent_bytes: z.number().int().optional(),
  process_id: z.number().int().optional(),
});

export const sessionView = z.object({
  session_id: z.string().optional(),
  key: z.string().optional().describe('The key of the launch script that it uses'),
  container: z.object({ id: z.string(), name: z.string() }).optional(),
  namespace: z.string().describe('Last path element of SandboxKey'),
  network: z.string().describe('Id of the Docker network'),
  role: z.enum(['session', 'proxy']),
  state: z.enum(SESSION_STATES),
  reason: reasonView.optional(),
  since: z.iso.datetime(),
  warnings: z.array(z.string()),
  type: z.enum(EGRESS_TYPES).optional(),
  provider: z.string().optional(),
  gateway: z.object({ name: z.string(), country: z.string(), city: z.string() }).partial().optional(),
  tunnel: tunnelView.optional(),
  addresses: z.array(z.string()).describe('Of the wire, in CIDR form'),
  tunnel_addresses: z.array(z.string()),
  interface: z.string().describe('Name of the wire inside the container'),
  dns: z.array(z.string()),
  files: z.string().describe('Folder with the files of this session'),
});
export type SessionView = z.infer<typeof sessionView>;

export const sessionEvent = z.object({
  id: z.number().int(),
  time: z.iso.datetime(),
  namespace: z.string(),
  session_id: z.string().optional(),
  container: z.object({ id: z.string(), name: z.string() }).optional(),
  state: z.enum(SESSION_STATES),
  previous: z.enum(SESSION_STATES).optional(),
  reason: reasonView.optional(),
});
export type SessionEvent = z.infer<typeof sessionEvent>;

/** What `PUT /v1/launch-scripts/{key}` understood: no secrets, and what was dropped from the config. */
export const launchScriptView = z.object({
  key: z.string(),
  session_id: z.string().optional(),
  type: z.enum(EGRESS_TYPES),
  provider: z.string().optional(),
  gateway: z.object({ name: z.string(), country: z.string(), city: z.string() }).partial().optional(),
  peers: z.array(z.string()).describe('Addresses or names of the VPN servers'),
  dns: z.array(z.string()),
  allow: z.array(z.string()),
  deadline_seconds: z.number().int().optional(),
  credential: z.array(z.string()).describe('Names of the credential fields that are set'),
  notices: z
    .array(z.object({ line: z.number().int().optional(), directive: z.string(), message: z.string() }))
    .describe('What was dropped or replaced in the config'),
  stored_at: z.iso.datetime(),
});
export type LaunchScriptView = z.infer<typeof launchScriptView>;
