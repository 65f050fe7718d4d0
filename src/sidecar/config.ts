import { z } from 'zod';
import { EgressError } from '../shared/errors.ts';
import { parseCidr } from '../shared/ip.ts';
import { toFieldErrors } from '../shared/launch-script.ts';
import { PLUGIN_SOCKET } from '../shared/names.ts';

const cidr = z.string().refine((range) => parseCidr(range), 'not a network in CIDR form');
const cidrList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((range) => range.trim())
      .filter((range) => range !== ''),
  )
  .pipe(z.array(cidr));
const wireguard = z.enum(['auto', 'kernel', 'userspace']);
const gateSeconds = z.number().min(0).max(20);

/**
 * What /etc/kasm-sidecar/config.json may hold: the settings that are a matter of choice. Where things lie is not: others
 * rely on it.
 */
export const fileSettings = z.strictObject({
  endpoint_allow: z.array(cidr).optional(),
  wireguard: wireguard.optional(),
  gate_seconds: gateSeconds.optional(),
});
export type FileSettings = z.infer<typeof fileSettings>;

/** All settings, each with a default: a plugin's upgrade may lose the environment (facts/docker-plugin.md, section 4). */
const settings = z.object({
  KASM_SIDECAR_PLUGIN_SOCKET: z.string().default(PLUGIN_SOCKET),
  KASM_SIDECAR_SOCKET: z.string().default('/var/run/kasm-sidecar/control.sock'),
  KASM_SIDECAR_DOCKER_SOCKET: z.string().default('/var/run/docker.sock'),
  KASM_SIDECAR_RUN_DIR: z.string().default('/var/run/kasm-sidecar'),
  KASM_SIDECAR_STATE_DIR: z.string().default('/var/lib/kasm-sidecar'),
  KASM_SIDECAR_LOG_DIR: z.string().default('/var/log/kasm-sidecar'),
  KASM_SIDECAR_PROFILE_DIR: z.string().default('/etc/kasm-sidecar/profiles'),
  KASM_SIDECAR_CONFIG_FILE: z.string().default('/etc/kasm-sidecar/config.json'),
  /** Ranges that a VPN server's address may lie in although it is the host's own, loopback, link-local or Docker's. */
  KASM_SIDECAR_ENDPOINT_ALLOW: cidrList.optional(),
  KASM_SIDECAR_WIREGUARD: wireguard.optional(),
  /** Its file must be called openvpn: processes are found by that name. */
  KASM_SIDECAR_OPENVPN: z
    .string()
    .regex(/^(\/.*\/|)openvpn$/, 'neither "openvpn" nor the absolute path of a program of that name')
    .default('openvpn'),
  /** How long Docker may be kept waiting for a session's egress before the container starts blocked. Docker gives up after 30 s. */
  KASM_SIDECAR_GATE_SECONDS: z.coerce.number().pipe(gateSeconds).optional(),
  /** systemd's own; see sd_notify(3). */
  NOTIFY_SOCKET: z.string().optional(),
  WATCHDOG_USEC: z.coerce.number().positive().optional().catch(undefined),
});

export interface Settings {
  readonly pluginSocket: string;
  readonly controlSocket: string;
  readonly dockerSocket: string;
  readonly runDir: string;
  readonly stateDir: string;
  readonly logDir: string;
  readonly profileDir: string;
  readonly configFile: string;
  readonly endpointAllow: readonly string[];
  readonly wireguard: 'auto' | 'kernel' | 'userspace';
  readonly openvpn: string;
  readonly gateMs: number;
  readonly notifySocket: string | undefined;
  readonly watchdogMs: number | undefined;
}

/**
 * Files, names and what the kernel takes long for share libuv's threads, and it makes changes of links wait for each other, for some
 * 20 ms each. To be called before anything needs one of them: libuv looks at the variable when the first begins.
 */
export function enlargeThreadPool(): void {
  process.env.UV_THREADPOOL_SIZE ??= '8';
}

/**
 * The only reader of the environment, which counts more than `file`. @throws EgressError BAD_REQUEST naming each wrong
 * variable.
 */
export function readSettings(file: FileSettings = {}, environment: NodeJS.ProcessEnv = process.env): Settings {
  const result = settings.safeParse(environment);
  if (!result.success)
    throw new EgressError('BAD_REQUEST', 'A setting is not valid.', { fields: toFieldErrors(result.error) });
  const { data } = result;
  return {
    pluginSocket: data.KASM_SIDECAR_PLUGIN_SOCKET,
    controlSocket: data.KASM_SIDECAR_SOCKET,
    dockerSocket: data.KASM_SIDECAR_DOCKER_SOCKET,
    runDir: data.KASM_SIDECAR_RUN_DIR,
    stateDir: data.KASM_SIDECAR_STATE_DIR,
    logDir: data.KASM_SIDECAR_LOG_DIR,
    profileDir: data.KASM_SIDECAR_PROFILE_DIR,
    configFile: data.KASM_SIDECAR_CONFIG_FILE,
    endpointAllow: data.KASM_SIDECAR_ENDPOINT_ALLOW ?? file.endpoint_allow ?? [],
    wireguard: data.KASM_SIDECAR_WIREGUARD ?? file.wireguard ?? 'auto',
    openvpn: data.KASM_SIDECAR_OPENVPN,
    gateMs: (data.KASM_SIDECAR_GATE_SECONDS ?? file.gate_seconds ?? 10) * 1000,
    notifySocket: data.NOTIFY_SOCKET,
    watchdogMs: data.WATCHDOG_USEC && data.WATCHDOG_USEC / 1000,
  };
}
