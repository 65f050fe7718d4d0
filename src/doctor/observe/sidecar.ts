import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { LaunchScriptView, SessionView } from '../../shared/session-view.ts';
import type { EngineReport, PluginReport } from '../../sidecar/docker/engine-report.ts';
import { listenerOf } from '../../sidecar/host/socket-owner.ts';
import type { HealthCheck, Seen, SidecarView } from '../observation.ts';
import { orNothing, seen } from './look.ts';

/** The control endpoint, as far as the doctor asks it. */
export interface SidecarApi {
  version(): Promise<{ readonly version: string }>;
  health(): Promise<{ readonly checks: readonly HealthCheck[] }>;
  sessions(): Promise<readonly SessionView[]>;
  launchScripts(): Promise<readonly LaunchScriptView[]>;
}

export interface SidecarQuestion {
  readonly api: SidecarApi;
  readonly ownVersion: string;
  readonly plugin: PluginReport | undefined;
  readonly pid: number | undefined;
  /** Where a process on the host listens for Docker. */
  readonly pluginSocket: string;
  readonly logFile: string;
}

export async function observeSidecar(question: SidecarQuestion): Promise<SidecarView> {
  const { api, ownVersion, plugin, pid, pluginSocket, logFile } = question;
  const driverSocket = plugin?.enabled ? `/run/docker/plugins/${plugin.id}/kasm-sidecar.sock` : pluginSocket;
  const [driverAnswer, version, health, log] = await Promise.all([
    seen(() => askDriver(driverSocket)),
    seen(async () => (await api.version()).version),
    seen(async () => (await api.health()).checks),
    seen(() => endOf(logFile)),
  ]);
  const capabilities = pid === undefined ? undefined : capabilitiesOf(pid);
  return { plugin, pid, capabilities, driverSocket, driverAnswer, ownVersion, version, health, log };
}

/** Ours, whatever its alias: by what it starts. */
export const findPlugin = (engine: Seen<EngineReport>): PluginReport | undefined =>
  orNothing(engine)
    ?.plugins.filter(({ entrypoint }) => entrypoint.some((word) => word.startsWith('/usr/lib/kasm-sidecar/')))
    .sort((a, b) => Number(b.enabled) - Number(a.enabled))[0];

/** Undefined also where it is another's: then nobody may know. */
export const pidOf = async (controlSocket: string): Promise<number | undefined> =>
  orNothing(await seen(() => listenerOf(controlSocket)));

const DRIVER_PATIENCE_MS = 5_000;

/** As Docker asks it; the answer changes nothing. */
function askDriver(socketPath: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = request({ socketPath, method: 'POST', path: '/NetworkDriver.GetCapabilities', agent: false });
  call.on('response', (response) => {
    text(response).then(resolve, reject);
  });
  call.on('error', reject);
  call.setTimeout(DRIVER_PATIENCE_MS, () => call.destroy(new Error(`no answer within ${DRIVER_PATIENCE_MS / 1000} s`)));
  call.end('{}');
  return promise;
}

function capabilitiesOf(pid: number): bigint | undefined {
  try {
    const bits = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return bits === undefined ? undefined : BigInt(`0x${bits}`);
  } catch {
    return undefined; // ended meanwhile
  }
}

const LOG_END_BYTES = 1024 * 1024;

/** Whole lines of the last part of a file. */
export async function endOf(path: string, bytes = LOG_END_BYTES): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n').filter(Boolean);
    return start === 0 ? lines : lines.slice(1);
  } finally {
    await file.close();
  }
}
