import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/shared/secret.ts';
import { run } from '../../src/sidecar/host/command.ts';
import { parseOpenVpn } from '../../src/sidecar/tunnels/openvpn/config.ts';
import { socketFile, writeConfig } from '../../src/sidecar/tunnels/openvpn/files.ts';
import { planArguments, readVersion } from '../../src/sidecar/tunnels/openvpn/process.ts';
import { OUTPUT_NAMES, renderRemote } from '../../src/sidecar/tunnels/openvpn/render.ts';
import { configFor } from '../../src/sidecar/tunnels/openvpn/versions.ts';
import { CERT, egress, KEY, MINIMAL, providerFiles, TLS_AUTH } from '../unit/tunnels/openvpn/samples.ts';
import { makeFolder, Undo, uniqueName, until } from './wireguard-server.ts';

/** The OpenVPN under test: `KASM_SIDECAR_OPENVPN` names another version. */
const PROGRAM = process.env.KASM_SIDECAR_OPENVPN ?? 'openvpn';

const { privateKey: realKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const REAL_KEY = new Secret(realKey.export({ type: 'pkcs8', format: 'pem' }).toString());

let undo: Undo;
let version: number;
beforeAll(async () => {
  version = await readVersion(run, PROGRAM);
  console.log((await run([PROGRAM, '--version'], { okExitCodes: [1] })).stdout.split('\n')[0]);
});
beforeEach(() => {
  undo = new Undo();
});
afterEach(() => undo.all());

/** What it says of config and arguments that we would start it with; `taken` if it goes on to wait for us. */
async function verdictOn(text: string): Promise<string> {
  const parsed = parseOpenVpn(egress(text, { username: 'u', password: 'p', custom: 'c' }));
  const settings = { ...parsed, privateKey: parsed.privateKey && REAL_KEY }; // the samples' is none
  const folder = await makeFolder(undo);
  const lines = [configFor(version, settings), ...settings.remotes.map(renderRemote), ''];
  await writeConfig(folder, lines.join('\n'));
  const place = { folder, hostDevice: uniqueName('kst-') };
  const process = spawn(PROGRAM, planArguments(place, settings, version), { stdio: ['ignore', 'pipe', 'pipe'] });
  undo.add(async () => process.kill('SIGKILL'));
  let output = '';
  for (const stream of [process.stdout, process.stderr]) stream.on('data', (chunk) => (output += chunk));
  await until(async () => process.exitCode !== null || existsSync(socketFile(folder)));
  return process.exitCode === null ? 'taken' : output;
}

/** One line for each that may be written out, with all that it may have. */
const LINES: Readonly<Partial<Record<(typeof OUTPUT_NAMES)[number], string>>> = {
  'remote-cert-ku': 'remote-cert-ku a0 88',
  'remote-cert-eku': 'remote-cert-eku "TLS Web Server Authentication"',
  'verify-x509-name': 'verify-x509-name "CN=a b, O=\'c\'" subject',
  'tls-version-min': 'tls-version-min 1.2 or-highest',
  'tls-version-max': 'tls-version-max 1.3',
  'tls-cert-profile': 'tls-cert-profile suiteb',
  'tls-cipher': 'tls-cipher "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384:!aNULL"',
  'tls-ciphersuites': 'tls-ciphersuites TLS_AES_256_GCM_SHA384',
  'tls-groups': 'tls-groups X25519:secp256r1',
  'data-ciphers': 'data-ciphers AES-256-GCM:AES-128-CBC',
  'data-ciphers-fallback': 'data-ciphers-fallback AES-256-CBC',
  auth: 'auth SHA512',
  'static-challenge': 'static-challenge "Your code" 1 concat',
  'replay-window': 'replay-window 128 30',
  'reneg-sec': 'reneg-sec 3600 3000',
  'reneg-bytes': 'reneg-bytes 4294967295',
  'reneg-pkts': 'reneg-pkts 2147483647',
  'tran-window': 'tran-window 86400',
  'tls-timeout': 'tls-timeout 60',
  'server-poll-timeout': 'server-poll-timeout 120',
  ping: 'ping 60',
  'ping-restart': 'ping-restart 120',
  'explicit-exit-notify': 'explicit-exit-notify 5',
  'tun-mtu': 'tun-mtu 65535',
  mssfix: 'mssfix 1400 mtu',
  fragment: 'fragment 1400 mtu',
  'mtu-disc': 'mtu-disc maybe',
  sndbuf: 'sndbuf 16777216',
  rcvbuf: 'rcvbuf 0',
  'tcp-nodelay': 'tcp-nodelay',
  passtos: 'passtos',
  float: 'float',
  topology: 'topology net30',
  'allow-compression': 'allow-compression asym',
  'comp-lzo': 'comp-lzo yes',
  compress: 'compress lz4-v2',
  'pull-filter': 'pull-filter reject "route 10."',
  'key-direction': `key-direction 1\n${TLS_AUTH}`,
};

describe('what we write is what it takes', () => {
  test.each(Object.entries(LINES))('%s', async (_, line) => {
    expect(await verdictOn(`${MINIMAL}${line}\n`)).toBe('taken');
  });

  test.each(Object.entries(providerFiles))('%s', async (_, text) => {
    expect(await verdictOn(text)).toBe('taken');
  });

  test('fingerprints, which 2.5 does not know and names', async () => {
    const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
    expect(await verdictOn(`${MINIMAL}verify-hash ${fingerprint} SHA256\n`)).toBe('taken');
    expect(await verdictOn(`${MINIMAL}peer-fingerprint ${fingerprint}\n`)).toMatch(
      version >= 206 ? /^taken$/ : /Options error: .*peer-fingerprint \(2\.5/,
    );
  });

  test('a key of which only we know', async () => {
    expect(await verdictOn(`${MINIMAL}${CERT}${KEY}`)).toBe('taken');
  });

  test('every name is tried, or is a block', () => {
    const blocks = [
      'ca',
      'cert',
      'key',
      'extra-certs',
      'pkcs12',
      'crl-verify',
      'tls-auth',
      'tls-crypt',
      'tls-crypt-v2',
    ];
    const elsewhere = [...blocks, 'peer-fingerprint', 'verify-hash', 'remote-cert-tls', 'auth-user-pass']; // tried as well
    expect([...Object.keys(LINES), ...elsewhere].toSorted()).toEqual(OUTPUT_NAMES.toSorted());
  });

  test('a wrong one is seen', async () => {
    const folder = await makeFolder(undo);
    await writeConfig(folder, 'no-such-directive\n');
    const argv = planArguments({ folder, hostDevice: 'kst-x' }, { privateKey: new Secret('') }, version);
    const { stdout } = await run([PROGRAM, ...argv], { okExitCodes: [1] });
    expect(stdout).toContain('Options error');
  });
});
