/** The scripts of Kasm's troubleshooting document, word for word, as an operator pastes them. */
import { beforeAll, expect, test } from 'vitest';
import { addressOn, docker } from '../support/docker.ts';
import {
  descriptionOf,
  inspectPlugin,
  installPlugin,
  PLUGIN,
  paste,
  pluginAnswers,
  publish,
  publishNext,
  reference,
} from '../support/plugin.ts';
import { usePluginWorld } from '../support/plugin-world.ts';
import { exitAddress, NETWORK, runContainer, startSession, unique } from '../support/session.ts';

const world = usePluginWorld({ install: false });
const PROXY = 'kasm_proxy';

const RESTART = `
# disconnect kasm_proxy from the plugin network
plugin_name=$(docker network inspect kasm_sidecar_network --format '{{.Driver}}')
docker network disconnect kasm_sidecar_network kasm_proxy
# restart the plugin
docker network rm kasm_sidecar_network
docker plugin disable $plugin_name
docker plugin enable $plugin_name
# reconnect kasm_proxy to the plugin network
docker network create -d $plugin_name kasm_sidecar_network
docker network connect kasm_sidecar_network kasm_proxy
`;

const UPGRADE = `
# disconnect kasm_proxy from the plugin network
plugin_name=$(docker network inspect kasm_sidecar_network --format '{{.Driver}}')
plugin_reference=$(docker plugin inspect $plugin_name --format '{{.PluginReference}}')
docker network disconnect kasm_sidecar_network kasm_proxy
# upgrade the plugin
docker network rm kasm_sidecar_network
docker plugin disable $plugin_name
docker plugin rm $plugin_name
docker plugin install --alias $plugin_name --grant-all-permissions $plugin_reference
# reconnect kasm_proxy to the plugin network
docker network create -d $plugin_name kasm_sidecar_network
docker network connect kasm_sidecar_network kasm_proxy
`;

/** What an operator looks at afterwards: checks 1 and 4 of the document, and a new session. */
async function everythingWorks(): Promise<void> {
  expect(await docker('plugin', 'ls', '--format', '{{.Name}} {{.Enabled}}')).toBe(`${PLUGIN} true`);
  expect(await docker('exec', PROXY, 'ip', 'a')).toMatch(/\bk-p-p-[0-9a-f]+/);
  expect(await addressOn(NETWORK, PROXY)).toMatch(/^\d/);
  const name = unique('after');
  await startSession(world.lab, name);
  expect(await exitAddress(name)).toBe('203.0.113.11');
  await docker('rm', '-f', name);
}

beforeAll(async () => {
  await publish(reference('rolling'));
  await installPlugin(reference('rolling'));
  await pluginAnswers();
  await docker('network', 'create', 'kasm_default_network');
  await docker('network', 'create', '-d', PLUGIN, NETWORK);
  await runContainer(PROXY, { network: 'kasm_default_network' });
  await docker('network', 'connect', NETWORK, PROXY);
  await everythingWorks();
});

test('R69: the restart script runs as printed, with the proxy attached', async () => {
  expect(await paste(RESTART)).toMatchObject({ exitCode: 0, stderr: '' });
  await everythingWorks();
});

test('R70: the upgrade script brings what the reference leads to now', async () => {
  expect(await descriptionOf()).not.toBe('the next version');
  await publishNext(reference('rolling'));
  expect(await paste(UPGRADE)).toMatchObject({ exitCode: 0 });
  expect(await descriptionOf()).toBe('the next version');
  expect(await inspectPlugin('{{.PluginReference}}')).toBe(reference('rolling'));
  await everythingWorks();
});
