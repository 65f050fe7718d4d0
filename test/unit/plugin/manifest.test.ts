import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { readSettings } from '../../../src/sidecar/config.ts';
import { readManifest } from '../../support/plugin-manifest.ts';

const manifest = readManifest();
const settings = readSettings({}, {});

test('Docker finds the socket where the sidecar listens', () => {
  expect(manifest.interface).toEqual({
    types: ['docker.networkdriver/1.0'],
    socket: basename(settings.pluginSocket),
  });
});

test('every source of a mount is there on a host that never saw the plugin: Docker makes none', () => {
  const alwaysThere = ['/run', '/var/lib', '/var/log', '/etc'];
  expect(manifest.mounts.map(({ source }) => source).filter((source) => !alwaysThere.includes(source))).toEqual([]);
});

test('mounts that Docker adds later are seen, and none of ours is seen by the host', () => {
  for (const { options } of manifest.mounts) expect(options).toEqual(expect.arrayContaining(['rbind', 'rslave']));
});

test('what others rely on lies on the host, under the same path, and outlives the plugin', () => {
  const kept = [settings.runDir, settings.stateDir, settings.logDir, settings.controlSocket, settings.dockerSocket];
  const same = manifest.mounts.filter(({ source, destination }) => source === destination);
  // /var/run is a link to /run, in the plugin as on every host
  const isKept = (path: string) =>
    same.some(({ destination }) => path.replace(/^\/var\/run\//, '/run/').startsWith(`${destination}/`));
  expect(kept.filter((path) => !isKept(path))).toEqual([]);
});

test('each setting that it offers is one that somebody reads', () => {
  const readers = ['src/sidecar/config.ts', 'plugin/entrypoint'].map((file) => readFileSync(file, 'utf8')).join('\n');
  expect(manifest.env.map(({ name }) => name).filter((name) => !readers.includes(name))).toEqual([]);
});

test('no setting has its value in the manifest: an upgrade would not bring a new one', () => {
  for (const entry of manifest.env) expect(entry).not.toHaveProperty('value');
});
