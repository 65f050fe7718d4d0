/**
 * `node scripts/lib/sbom.ts FOLDER`: prints the bill of materials (CycloneDX 1.5) of the plugin that was made in FOLDER:
 * Debian's packages from packages.txt, npm's from npm.json with the hashes of package-lock.json. It holds neither a
 * time nor a random number, so that the same plugin has the same bill.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readPackage } from './npm-packages.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: sbom.ts FOLDER');

const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const lock = readJson(join(ROOT, 'package-lock.json')).packages;
const own = readJson(join(ROOT, 'package.json'));

const debian = readFileSync(join(folder, 'packages.txt'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', version = '', architecture = '', source = '', sourceVersion = ''] = line.split(' ');
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-12`;
    return {
      type: 'library',
      'bom-ref': purl,
      name,
      version,
      purl,
      properties: [{ name: 'debian:source', value: `${source} ${sourceVersion}` }],
    };
  });

/** `sha512-BASE64` as CycloneDX writes it. */
const hashesOf = (integrity: string | undefined) => {
  const [, base64] = /^sha512-(.+)$/.exec(integrity ?? '') ?? [];
  return base64 === undefined
    ? {}
    : { hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }] };
};

const npm = [...(readJson(join(folder, 'npm.json')) as string[]), 'node_modules/node'].flatMap((path) => {
  const found = readPackage(ROOT, path);
  if (!found) return [];
  const purl = `pkg:npm/${found.name.replace('@', '%40')}@${found.version}`;
  return {
    type: found.name === 'node' ? 'platform' : 'library',
    'bom-ref': purl,
    name: found.name,
    version: found.version,
    purl,
    licenses: [{ expression: found.licence }],
    ...hashesOf(lock[path]?.integrity),
  };
});

const components = [...debian, ...npm];
const digest = createHash('sha256').update(JSON.stringify(components)).digest('hex');
// A serial number must be a UUID; this one comes from the content (RFC 9562, version 8).
const serial = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
const bill = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  serialNumber: `urn:uuid:${serial}`,
  version: 1,
  metadata: {
    component: { type: 'application', name: own.name, version: own.version, licenses: [{ expression: own.license }] },
  },
  components,
};
console.log(JSON.stringify(bill, undefined, 2));
