import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EgressError } from '../../../src/shared/errors.ts';
import { type LaunchScript, parseLaunchScript } from '../../../src/shared/launch-script.ts';
import type { LaunchScriptView, SessionEvent, SessionView } from '../../../src/shared/session-view.ts';
import type { EventSource, LaunchScriptControl, SessionControl } from '../../../src/sidecar/control/ports.ts';
import type { HealthCheck } from '../../../src/sidecar/control/routes/health.ts';
import { createControlApp, listenOnSocket } from '../../../src/sidecar/control/server.ts';

/** Doubles: they keep to the ports' contract in memory and touch no host. */

export const aSession = (fields: Partial<SessionView> = {}): SessionView => ({
  session_id: '5f0c3f6e',
  key: 'web-1',
  container: { id: '505c32d766d9'.padEnd(64, '0'), name: 'web-1' },
  namespace: 'b8a8cbe7c027',
  network: 'f00d',
  role: 'session',
  state: 'connected',
  since: '2026-01-02T03:04:05.000Z',
  warnings: [],
  type: 'wireguard',
  provider: 'PureVPN',
  gateway: { name: 'AU-MELBOURNE-31', country: 'AU', city: 'Melbourne' },
  tunnel: {
    kind: 'wireguard',
    implementation: 'kernel',
    device: 'wg',
    peer_address: '203.0.113.7:51820',
    latest_handshake: '2026-01-02T03:05:00.000Z',
    received_bytes: 1_572_864,
    sent_bytes: 512,
  },
  addresses: ['172.20.0.3/16'],
  tunnel_addresses: ['10.64.0.2/32'],
  interface: 'k-p-1389f8',
  dns: ['10.64.0.1'],
  files: '/var/run/kasm-sidecar/b8a8cbe7c027',
  ...fields,
});

export const anEvent = (fields: Partial<SessionEvent> = {}): SessionEvent => ({
  id: 1,
  time: '2026-01-02T03:04:06.000Z',
  namespace: 'b8a8cbe7c027',
  container: { id: '505c32d766d9', name: 'web-1' },
  previous: 'connecting',
  state: 'connected',
  ...fields,
});

export class SessionsDouble implements SessionControl {
  sessions: SessionView[] = [];

  async list(): Promise<SessionView[]> {
    return this.sessions;
  }

  async find(key: string): Promise<SessionView | undefined> {
    return this.sessions.find(
      ({ container, namespace, session_id }) =>
        container?.name === key || container?.id.startsWith(key) || namespace === key || session_id === key,
    );
  }

  reconnect(key: string): Promise<SessionView> {
    return this.#change(key, 'connecting');
  }

  disconnect(key: string): Promise<SessionView> {
    return this.#change(key, 'blocked');
  }

  async #change(key: string, state: SessionView['state']): Promise<SessionView> {
    const session = await this.find(key);
    if (!session) throw new EgressError('NOT_FOUND', `There is no session ${key}.`);
    if (!session.key) throw new EgressError('NO_LAUNCH_SCRIPT');
    session.state = state;
    return session;
  }
}

export class LaunchScriptsDouble implements LaunchScriptControl {
  readonly scripts = new Map<string, LaunchScriptView>();
  readonly received = new Map<string, LaunchScript>();
  notices: LaunchScriptView['notices'] = [];
  /** Runs as a session would start: after the launch script is stored. */
  onPut: (view: LaunchScriptView) => void = () => {};

  async put(key: string, body: unknown): Promise<LaunchScriptView> {
    const script = parseLaunchScript(body);
    const { egress, session_id, deadline_seconds } = script;
    const view: LaunchScriptView = {
      key,
      ...(session_id === undefined ? {} : { session_id }),
      ...(deadline_seconds === undefined ? {} : { deadline_seconds }),
      ...(egress.provider === undefined ? {} : { provider: egress.provider }),
      ...(egress.gateway === undefined ? {} : { gateway: egress.gateway as LaunchScriptView['gateway'] }),
      type: egress.type,
      peers: egress.config === undefined ? [] : ['203.0.113.7:51820'],
      dns: egress.dns ?? [],
      allow: egress.allow ?? [],
      credential: Object.keys(egress.credential ?? {}),
      notices: this.notices,
      stored_at: '2026-01-02T03:04:05.000Z',
    };
    this.scripts.set(key, view);
    this.received.set(key, script);
    this.onPut(view);
    return view;
  }

  async list(): Promise<LaunchScriptView[]> {
    return [...this.scripts.values()];
  }

  async remove(key: string): Promise<void> {
    if (!this.scripts.delete(key)) throw new EgressError('NOT_FOUND', `There is no launch script ${key}.`);
  }
}

export class EventsDouble implements EventSource {
  readonly kept: SessionEvent[] = [];
  readonly listeners = new Set<(event: SessionEvent) => void>();

  after(id: number): SessionEvent[] {
    return this.kept.filter((event) => event.id > id);
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(event: SessionEvent): void {
    this.kept.push(event);
    for (const listener of this.listeners) listener(event);
  }
}

/** The real app on a real socket in a folder of its own; only what lies behind the ports is a double. */
export async function startControl() {
  const folder = await mkdtemp(join(tmpdir(), 'kasm-control-'));
  const socket = join(folder, 'run', 'control.sock');
  const sessions = new SessionsDouble();
  const launchScripts = new LaunchScriptsDouble();
  const events = new EventsDouble();
  const checks: HealthCheck[] = [{ name: 'docker', ok: true }];
  const logLines: string[] = [];
  const write = (subject: string, text: string) => void logLines.push(`${subject} | ${text}`);
  const log = { info: write, warn: write, error: write };
  const app = createControlApp({
    sessions,
    launchScripts,
    events,
    version: '1.2.3',
    health: async () => checks,
    log,
    ready: Promise.resolve(),
  });
  const server = await listenOnSocket(app, socket);
  const close = async () => {
    await server.close();
    await rm(folder, { recursive: true });
  };
  return { folder, socket, app, server, sessions, launchScripts, events, checks, logLines, close };
}
export type RunningControl = Awaited<ReturnType<typeof startControl>>;
