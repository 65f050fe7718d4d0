import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { settledWithin } from '../shared/async.ts';
import { EgressError, explain } from '../shared/errors.ts';
import type { LaunchScript } from '../shared/launch-script.ts';
import { type LogFile, linkLogName, openLogFile } from '../shared/log-file.ts';
import { Quiet } from '../shared/quiet.ts';
import { Ticker } from '../shared/ticker.ts';
import { enlargeThreadPool, readSettings, type Settings } from './config.ts';
import { readConfigFile } from './config-file.ts';
import { createControlApp, listenOnSocket } from './control/server.ts';
import { watchCreations } from './docker/creations.ts';
import { Engine } from './docker/engine.ts';
import { announcesAddresses, reportEngine, versionOf } from './docker/engine-version.ts';
import type { EarlySocket } from './driver/early-socket.ts';
import { createNetworkDriver } from './driver/network-driver.ts';
import { listenForDocker } from './driver/server.ts';
import { run } from './host/command.ts';
import { giveMemoryBack } from './host/memory.ts';
import { ServiceManager } from './host/service-manager.ts';
import { StartHold } from './host/start-hold.ts';
import { Endpoints } from './sessions/endpoints.ts';
import { EventJournal } from './sessions/event-journal.ts';
import { HostNetwork } from './sessions/host-network.ts';
import { LaunchScripts } from './sessions/launch-scripts.ts';
import { Networks } from './sessions/networks.ts';
import { removeOrphans } from './sessions/orphans.ts';
import { Pace } from './sessions/pace.ts';
import { PreparedTunnels } from './sessions/prepared-tunnels.ts';
import { Reconciler } from './sessions/reconciler.ts';
import { SessionRegistry } from './sessions/session-registry.ts';
import { hostDeviceOf } from './sessions/session-tunnel.ts';
import { RecordStore } from './store/record-store.ts';
import { endpointRecord, launchScriptRecord, networkRecord } from './store/records.ts';
import { createOpenVpn } from './tunnels/openvpn/tunnel.ts';
import type { PeerPolicy } from './tunnels/peer-address.ts';
import { checkLiteralPeers } from './tunnels/peer-address.ts';
import type { TunnelKind, TunnelKindName, TunnelSettings } from './tunnels/tunnel.ts';
import { createWireGuard } from './tunnels/wireguard/tunnel.ts';

/**
 * Starts the sidecar. The sockets listen before anything is read or asked: an engine that boots waits for them.
 * Calls wait until our own records are read; nothing waits for Docker's API.
 */
export async function main(pluginSocket?: EarlySocket): Promise<void> {
  enlargeThreadPool();
  const { logDir, stateDir, configFile } = readSettings();
  const logs = openLogs(logDir);
  const lastGood = join(stateDir, 'last-good-config.json');
  const settings = readSettings(readConfigFile({ file: configFile, lastGood }, logs.network));
  const parts = compose(settings, logs.network);
  const ready = Promise.withResolvers<void>();
  // First, since it refuses to start beside another sidecar, which then must not have been touched.
  const control = await listenOnSocket(
    createControlApp({
      sessions: parts.sessions,
      launchScripts: parts.launchScripts,
      events: parts.events,
      version: packageJson.version,
      health: parts.health,
      log: logs.network,
      ready: ready.promise,
    }),
    settings.controlSocket,
  );
  const verbs = createNetworkDriver(parts.networks, parts.endpoints, () => engineStarted(parts));
  const docker = await listenForDocker(pluginSocket ?? settings.pluginSocket, verbs, logs.plugin, ready.promise);
  const manager = new ServiceManager({ socket: settings.notifySocket, watchdogMs: settings.watchdogMs });
  manager.ready(); // an engine may start now: its calls wait here
  await parts.recover();
  ready.resolve();
  parts.reconciler.start();
  void watchCreations(settings.dockerSocket, (container) => parts.prepared.created(container));
  logs.network.info('sidecar', `Started, version ${packageJson.version}`);
  void reportEngine(parts.engine, [logs.network, logs.plugin]);

  // What runs, runs on: rules, tunnels and namespaces stay as they are, and the next process finds them again.
  let isStopping = false;
  const stop = async () => {
    const end = performance.now() + STOP_PATIENCE_MS;
    manager.stopping();
    parts.reconciler.stop();
    await docker.close(CALLS_PATIENCE_MS);
    await settledWithin(parts.endpoints.settled(), FREEING_PATIENCE_MS); // what is left then, the next process finds
    await settledWithin(parts.prepared.close(), FREEING_PATIENCE_MS);
    await parts.startHold.allHeld(end - performance.now());
    await control.close();
    logs.network.info('sidecar', 'Stopped; sessions stay as they are');
    process.exit(0);
  };
  // Not `once`: write-file-atomic's signal-exit then takes itself for the only listener, and ends the process at once.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!isStopping) void stop();
      isStopping = true;
    });
  }
  process.on('SIGHUP', () => {
    logs.network.reopen();
    logs.plugin.reopen();
  });
}

/** It may be a newer one than before. */
function engineStarted({ engine, reconciler, sessions }: Pick<Parts, 'engine' | 'reconciler' | 'sessions'>): void {
  reconciler.engineStarted();
  void versionOf(engine).then((version) => {
    if (announcesAddresses(version)) sessions.expectAnnouncements();
  });
}

function openLogs(folder: string): { network: LogFile; plugin: LogFile } {
  const network = openLogFile(join(folder, 'network_sidecar.log'));
  linkLogName('network_sidecar.log', join(folder, 'network-sidecar.log'));
  return { network, plugin: openLogFile(join(folder, 'plugin.log')) };
}

function compose(settings: Settings, log: LogFile) {
  const host = new HostNetwork(run);
  const engine = new Engine(settings.dockerSocket);
  const events = new EventJournal(join(settings.runDir, 'events.jsonl'));
  const peerPolicy = createPeerPolicy(settings, engine);
  const tunnels = {
    wireguard: createWireGuard({ run, peerPolicy, implementation: settings.wireguard, log }),
    openvpn: createOpenVpn({ run, peerPolicy, binary: settings.openvpn }),
  };
  const launchScripts = new LaunchScripts({
    store: new RecordStore(join(settings.stateDir, 'launch-scripts'), launchScriptRecord, { isDurable: true }),
    profileDir: settings.profileDir,
    check: (egress) => checkEgress(egress, tunnels, peerPolicy),
    log,
  });
  const networks: Networks = new Networks({
    store: new RecordStore(join(settings.stateDir, 'networks'), networkRecord, { isDurable: true }),
    host,
    engine,
    log,
    directAddresses: (networkId) => sessions.directAddresses(networkId),
  });
  const prepared = new PreparedTunnels({ runDir: settings.runDir, launchScripts, tunnels, log });
  launchScripts.onChange(() => prepared.scriptsChanged());
  const startHold = new StartHold(log);
  const quiet = new Quiet(giveMemoryBack, QUIET_MS);
  const sessions: SessionRegistry = new SessionRegistry((registry) => ({
    settings,
    run,
    host,
    startHold,
    networks,
    launchScripts,
    prepared,
    tunnels,
    restoring: new Pace(),
    refreshing: new Pace(),
    everySecond: new Ticker(1_000),
    events,
    log,
    proxiesOf: (networkId) => registry.proxiesOf(networkId),
    proxyChanged: (networkId) => registry.proxyChanged(networkId),
    removeEndpoint: (endpointId) => endpoints.remove(endpointId),
    passageChanged: () => {
      reconciler.lookAgain();
      quiet.disturb();
    },
  }));
  const endpoints: Endpoints = new Endpoints({
    store: new RecordStore(join(settings.runDir, 'endpoints'), endpointRecord),
    host,
    networks,
    sessions,
    engine,
    log,
    gateMs: settings.gateMs,
  });
  const reconciler: Reconciler = new Reconciler({ host, networks, endpoints, sessions, log });

  const recover = async () => {
    events.open();
    await prepared.recover();
    await launchScripts.recover();
    const allNetworks = await networks.recover();
    const allEndpoints = await endpoints.recover();
    await sessions.recover(endpoints.all(), allNetworks && allEndpoints);
    // What can't be read may be anybody's: nothing is called an orphan then.
    if (allNetworks && allEndpoints)
      await removeOrphans(host, known(), log).catch((error) => log.error('orphans', explain(error)));
  };
  const known = () => ({
    endpointIds: endpoints.all().map(({ id }) => id),
    tunnels: sessions.all().map(({ record }) => hostDeviceOf(record)),
    bridges: networks.all().map(({ bridge }) => bridge),
  });
  const health = async () => [
    { name: 'engine', ...(await answers(() => engine.networks(NETWORKS_TIMEOUT_MS))) },
    { name: 'host rules', ok: networks.all().length === 0 || (await host.firewallStands()) },
  ];
  return {
    engine,
    networks,
    endpoints,
    sessions,
    launchScripts,
    prepared,
    events,
    startHold,
    reconciler,
    recover,
    health,
  };
}

type Parts = ReturnType<typeof compose>;

/** Without a session that begins, ends or changes: then nobody minds a pause. */
const QUIET_MS = 20_000;
const NETWORKS_TIMEOUT_MS = 2_000;
/** Docker and systemd give a plugin 10 s and more before they kill it. */
const STOP_PATIENCE_MS = 9_700;
/** What is left of that is for containers between Docker's Join and their namespace: 0.1 s, on a busy machine far more. */
const CALLS_PATIENCE_MS = 7_000;
const FREEING_PATIENCE_MS = 1_000;

const answers = (ask: () => Promise<unknown>): Promise<{ ok: boolean; message?: string }> =>
  ask().then(
    () => ({ ok: true }),
    (error) => ({ ok: false, message: explain(error) }),
  );

/** How long an answer counts: a container's start must not wait for the engine, which is busy starting it. */
const NETWORKS_GOOD_FOR_MS = 30_000;
const ASK_AGAIN_AFTER_MS = 5_000;

/** Docker's own networks are not to be reached by a tunnel's socket. While the engine can't be asked, its last answer counts. */
function createPeerPolicy(settings: Settings, engine: Engine): PeerPolicy {
  let known: readonly string[] = [];
  let askedAt = Number.NEGATIVE_INFINITY;
  const forbidden = async () => {
    if (performance.now() - askedAt < NETWORKS_GOOD_FOR_MS) return known;
    askedAt = performance.now();
    const networks = await engine.networks(NETWORKS_TIMEOUT_MS).catch(() => undefined);
    if (!networks) {
      askedAt += ASK_AGAIN_AFTER_MS - NETWORKS_GOOD_FOR_MS;
      return known;
    }
    known = networks.flatMap(({ subnets }) => subnets);
    return known;
  };
  return { allow: settings.endpointAllow, forbidden };
}

async function checkEgress(
  egress: LaunchScript['egress'],
  tunnels: Readonly<Record<TunnelKindName, TunnelKind>>,
  peerPolicy: PeerPolicy,
): Promise<TunnelSettings | undefined> {
  switch (egress.type) {
    case 'none':
      return undefined;
    case 'wireguard':
    case 'openvpn': {
      const tunnel = tunnels[egress.type].parse(egress);
      await checkLiteralPeers(tunnel.peers, peerPolicy);
      return tunnel;
    }
    case 'openziti':
    case 'custom':
      throw new EgressError('TYPE_UNSUPPORTED', `This version has no tunnel of type ${egress.type}.`, {
        fields: [{ pointer: '/egress/type', reason: `${egress.type} is not supported by this version` }],
      });
  }
}
