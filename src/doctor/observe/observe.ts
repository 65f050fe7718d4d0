import { basename, join } from 'node:path';
import { EngineReporter } from '../../sidecar/docker/engine-report.ts';
import type { Observation } from '../observation.ts';
import { observeContainers } from './containers.ts';
import { observeHost, type Places } from './host.ts';
import { observeLinks } from './links.ts';
import { lookWith, orNothing, seen } from './look.ts';
import { observeNetworks } from './networks.ts';
import { findPlugin, observeSidecar, pidOf, type SidecarApi } from './sidecar.ts';

export interface Question {
  readonly api: SidecarApi;
  readonly ownVersion: string;
  readonly controlSocket: string;
  readonly dockerSocket: string;
  readonly pluginSocket: string;
  readonly places: Places;
}

const ENGINE_PATIENCE_MS = 5_000;

/** The one place that looks at the host. It changes nothing. */
export async function observe(question: Question): Promise<Observation> {
  const reporter = new EngineReporter(question.dockerSocket, ENGINE_PATIENCE_MS);
  const engine = await seen(() => reporter.report());
  const plugin = findPlugin(engine);
  const pid = await pidOf(question.controlSocket);
  const pluginPid = plugin?.enabled ? pid : undefined;
  const look = lookWith(pluginPid);
  const links = await observeLinks(look);
  const drivers = [basename(question.pluginSocket, '.sock'), ...(plugin ? [plugin.name] : [])];
  const ours = (orNothing(engine)?.networks ?? []).filter(({ driver }) => drivers.includes(driver));
  const networks = await observeNetworks(ours, links, look);
  const sessions = orNothing(await seen(() => question.api.sessions())) ?? [];
  const logFile = join(question.places.logDir, 'network_sidecar.log');
  return {
    now: Date.now(),
    isRoot: process.getuid?.() === 0,
    host: await observeHost({ places: question.places, look, pluginPid }),
    engine,
    sidecar: await observeSidecar({ ...question, plugin, pid, logFile }),
    networks,
    containers: await observeContainers({ reporter, engine, networks, sessions, links, look }),
  };
}
