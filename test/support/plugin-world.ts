import { readFile, rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { openLab } from '../../lab/lab.ts';
import { docker, tryDocker } from './docker.ts';
import { installPlugin, PLUGIN, pluginAnswers, reference, removePlugin } from './plugin.ts';
import { removeEverything } from './remove-everything.ts';
import { sh } from './shell.ts';

export interface PluginWorld {
  readonly lab: Lab;
}

/** The plugin, installed from the registry as the documents say, for one file of tests. Leaves nothing to the next. */
export function usePluginWorld({ install = true } = {}): PluginWorld {
  let lab: Lab | undefined;
  beforeAll(async () => {
    lab = await openLab();
    await removeEverything();
    await removePlugin();
    if (!install) return;
    await installPlugin(reference('first'));
    await pluginAnswers();
  });
  showOnFailure();
  afterEach(async () => {
    await Promise.all((lab?.gateways ?? []).map((gateway) => gateway.restore()));
  });
  afterAll(async () => {
    await tryDocker('plugin', 'enable', PLUGIN); // else every removal waits 15 s for a plugin that is off
    await removeEverything();
    await removePlugin();
    await rm('/etc/kasm-sidecar', { recursive: true, force: true });
  });
  return {
    get lab() {
      if (!lab) throw new Error('the lab is not open before `beforeAll`');
      return lab;
    },
  };
}

const LOGS = ['/var/log/kasm-sidecar/network_sidecar.log', '/var/log/kasm-sidecar/plugin.log', '/var/log/dockerd.log'];

/** When a test fails, shows the end of the logs. */
function showOnFailure(): void {
  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(async () => {
      const texts = await Promise.all(
        LOGS.map(async (path) => `--- ${path}\n${(await readFile(path, 'utf8').catch(() => '')).slice(-3000)}`),
      );
      const plugins = await docker('plugin', 'ls').catch(String);
      const links = (await sh('ip', '-br', 'link')).split('\n').slice(-12).join('\n');
      console.error(`=== while "${task.name}" failed\n${[...texts, plugins, links].join('\n')}\n=== end`);
    });
  });
}
