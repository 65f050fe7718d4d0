import { spawn } from 'node:child_process';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { control } from './control.ts';
import { docker, tryDocker } from './docker.ts';
import { assertSurroundings } from './engine.ts';
import type { Outcome } from './shell.ts';
import { attempt, sh } from './shell.ts';
import { waitFor } from './wait.ts';

/** The name that the documents give the plugin, which is the driver's name, too. */
export const PLUGIN = 'kasmweb/sidecar:1.1';
const REGISTRY = '127.0.0.1:5000';
/** What `docker plugin create` takes. */
export const PLUGIN_FOLDER = join(tmpdir(), 'plugin');

/** References in the local registry. `next` is `first` with another description, `broken` never listens. */
export const reference = (tag: 'first' | 'next' | 'broken' | 'rolling'): string => `${REGISTRY}/kasm/sidecar:${tag}`;

/** Debian's docker-registry, on loopback, where engines take plain HTTP. Ends with the surroundings. */
export async function startRegistry(): Promise<void> {
  assertSurroundings();
  const config = join(tmpdir(), 'registry.yml');
  await writeFile(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${tmpdir()}/registry}}\nhttp: {addr: "${REGISTRY}"}\n`,
  );
  spawn('docker-registry', ['serve', config], { detached: true, stdio: 'ignore' }).unref();
  await waitFor('the registry', () => accepts(5000));
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => resolve(socket.destroy() && true));
  });

/** What scripts/test has built: a tar of `scripts/build-plugin --output`. */
export async function unpackPlugin(): Promise<void> {
  const tar = process.env.KASM_SIDECAR_TEST_PLUGIN;
  if (tar === undefined) throw new Error('KASM_SIDECAR_TEST_PLUGIN is not set; run these tests by scripts/test');
  await rm(PLUGIN_FOLDER, { recursive: true, force: true });
  await mkdir(PLUGIN_FOLDER, { recursive: true });
  await sh('tar', '-xf', tar, '-C', PLUGIN_FOLDER);
}

type Manifest = { description: string; entrypoint: string[] };

let count = 0;

/**
 * `docker plugin create`, as scripts/build-plugin does it. Each has a file of its own: Docker 20.10 refuses to make a plugin
 * of the same layer as one that is there.
 */
export async function createPlugin(name: string): Promise<void> {
  await writeFile(join(PLUGIN_FOLDER, 'rootfs/etc/test-version'), `${++count} of process ${process.pid}\n`);
  await docker('plugin', 'create', name, PLUGIN_FOLDER);
}

/** Makes a plugin with a manifest changed by `change`, and leaves it in the registry only. */
export async function publish(name: string, change: (manifest: Manifest) => void = () => undefined): Promise<void> {
  const file = join(PLUGIN_FOLDER, 'config.json');
  const original = await readFile(file, 'utf8');
  const manifest = JSON.parse(original) as Manifest;
  change(manifest);
  await writeFile(file, JSON.stringify(manifest));
  try {
    await createPlugin(name);
    await docker('plugin', 'push', name);
    await docker('plugin', 'rm', name);
  } finally {
    await writeFile(file, original);
  }
}

export const publishNext = (name: string): Promise<void> =>
  publish(name, (manifest) => {
    manifest.description = 'the next version';
  });

export const publishBroken = (name: string): Promise<void> =>
  publish(name, (manifest) => {
    manifest.description = 'a version that never listens';
    manifest.entrypoint = ['/usr/bin/entrypoint', '/usr/bin/node', '-e', 'setInterval(() => {}, 1000)'];
  });

/** As the documents do it. */
export const installPlugin = (ref: string): Promise<string> =>
  docker('plugin', 'install', '--alias', PLUGIN, '--grant-all-permissions', ref);

/** In place: networks, containers and sessions stay. */
export async function upgradePlugin(version: 'first' | 'next'): Promise<void> {
  await docker('plugin', 'disable', '-f', PLUGIN);
  await docker('plugin', 'upgrade', '--grant-all-permissions', '--skip-remote-check', PLUGIN, reference(version));
  await docker('plugin', 'enable', PLUGIN);
  await pluginAnswers();
}

export const inspectPlugin = (format: string): Promise<string> => docker('plugin', 'inspect', '-f', format, PLUGIN);

/** `the next version` and the like: which of the published ones this is. */
export const descriptionOf = (): Promise<string> => inspectPlugin('{{.Config.Description}}');

/** Process id of the plugin's sidecar; the host's, as the plugin has those. */
export async function pluginPid(): Promise<number | undefined> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (/^\/usr\/bin\/node\0(--[^\0]+\0)*\/usr\/lib\/kasm-sidecar\//.test(argv)) return Number(pid);
  }
  return undefined;
}

export const pluginAnswers = (): Promise<unknown> =>
  waitFor('the plugin', async () => (await control('GET', '/v1/version')).status === 200, { everyMs: 20 });

/** Takes the plugin, its containers and networks, and all of its files away. */
export async function removePlugin(): Promise<void> {
  await tryDocker('plugin', 'rm', '-f', PLUGIN);
  for (const folder of ['/var/run/kasm-sidecar', '/var/lib/kasm-sidecar', '/var/log/kasm-sidecar', '/etc/kasm-sidecar'])
    await rm(folder, { recursive: true, force: true });
}

/** `kasm-sidecar ARGS` on the host, from the plugin's root file system. */
export async function hostCli(...args: string[]): Promise<Outcome> {
  const id = await inspectPlugin('{{.Id}}');
  return attempt([`/var/lib/docker/plugins/${id}/rootfs/usr/bin/kasm-sidecar`, ...args]);
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Runs a script's text as an operator who pasted it into a root shell; stops at the first command that fails. */
export const paste = (script: string): Promise<Outcome> => attempt(['bash', '-e', '-c', script], 120_000);
