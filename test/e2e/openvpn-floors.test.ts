import { describe, expect, test } from 'vitest';
import type { OpenVpnServerOptions } from '../../lab/openvpn-server.ts';
import { session as askFor, putLaunchScript, waitForState } from '../support/control.ts';
import { docker } from '../support/docker.ts';
import { useOpenVpn, type Wanted } from '../support/openvpn.ts';
import { exitAddress, runContainer, unique } from '../support/session.ts';
import { attempt } from '../support/shell.ts';

const { serve, launchScript, start, startConnected } = useOpenVpn(1260);
const EXIT = '203.0.113.11';

const reasonOf = async (name: string) => {
  await waitForState(name, 'failed', 30_000);
  return (await askFor(name)).body.reason;
};

const OLD_TLS = ['tls-version-min 1.0', 'tls-version-max 1.1', 'tls-cipher "DEFAULT:@SECLEVEL=0"'];
const LAX = ['tls-cert-profile insecure'];
const client = (...more: string[]): Wanted => ({ client: { more }, deadline: 8 });

describe('a server below the floor is refused, and the reason says what it is', () => {
  test.each<[string, OpenVpnServerOptions, Wanted, string]>([
    ['TLS 1.1 at most', { more: OLD_TLS }, client('tls-version-max 1.2'), 'TLS_VERSION_TOO_OLD'],
    // A server that knows of TLS 1.3 sees that nothing fits, and falls silent.
    ['TLS 1.1 at most, silently', { more: OLD_TLS }, client(), 'TLS_HANDSHAKE_STALLED'],
    ['… whatever the file asks for', { more: OLD_TLS }, client('tls-version-min 1.0'), 'TLS_HANDSHAKE_STALLED'],
    ['an RSA key of 1,024 bits', { certificate: { algorithm: 'rsa-1024' }, more: LAX }, client(), 'SERVER_CERTIFICATE_WEAK'],
    ['a SHA-1 signature', { certificate: { digest: 'sha1' }, more: LAX }, client(), 'SERVER_CERTIFICATE_WEAK'],
    ['Blowfish', { more: weakCipher('BF-CBC') }, client(), 'CIPHER_MISMATCH'],
    ['Blowfish, which the file names too', { more: weakCipher('BF-CBC') }, client('data-ciphers AES-256-GCM:BF-CBC'), 'CIPHER_MISMATCH'],
    ['DES', { more: weakCipher('DES-CBC') }, client(), 'CIPHER_MISMATCH'],
    ['no cipher', { more: ['data-ciphers none'] }, client(), 'CIPHER_MISMATCH'],
    ['compression that is pushed', { more: ['allow-compression yes', 'comp-lzo yes'], push: ['comp-lzo yes'] }, client('comp-lzo'), 'COMPRESSION_REQUIRED'],
    ['compression that is pushed, LZ4', { more: ['allow-compression yes', 'compress lz4'], push: ['compress lz4'] }, client(), 'COMPRESSION_REQUIRED'],
  ])('%s', async (_, server, wanted, code) => {
    const reason = await reasonOf(await start(await serve(server), wanted));
    expect(reason).toMatchObject({ code });
    expect(reason?.remedy).toMatch(/\w{3}/);
  }); // biome-ignore format: a table

  test('our own certificate with an RSA key of 1,024 bits', async () => {
    const server = await serve({ more: LAX });
    const identity = await server.issue('client-small', 'rsa-1024');
    const name = await start(server, { client: { identity, withoutLogin: true }, credential: {}, deadline: 8 });
    expect(await reasonOf(name)).toMatchObject({ code: 'CLIENT_CERTIFICATE_WEAK' });
  });
});

function weakCipher(cipher: string): string[] {
  return ['providers legacy default', `data-ciphers ${cipher}`, `data-ciphers-fallback ${cipher}`, `cipher ${cipher}`];
}

/** Zeroes, which LZO makes small, in both directions; nothing of it need come through. */
const sendZeroes = (name: string): Promise<string> =>
  docker('exec', '-d', name, 'sh', '-c', 'while :; do ping -c 1 -W 1 -s 1000 -p 00 203.0.113.80; done');

/** From 2.7 on OpenVPN has no code that compresses, whatever its configuration says; the lab's server is the machine's own. */
async function serverCanCompress(): Promise<boolean> {
  const { stdout } = await attempt(['openvpn', '--version']);
  const [, major, minor] = /^OpenVPN (\d+)\.(\d+)/.exec(stdout) ?? [];
  if (minor === undefined) throw new Error(`what OpenVPN is this? ${stdout}`);
  return Number(major) === 2 && Number(minor) < 7;
}

const COMPRESSING = 'the server compresses';

describe('compression that shows only when packets come', () => {
  test.for<[string, string[], string[], string]>([
    [COMPRESSING, ['allow-compression yes', 'comp-lzo yes'], ['comp-lzo'], 'COMPRESSION_REQUIRED'],
    ['the server alone has the form', ['comp-lzo no'], [], 'COMPRESSION_MISMATCH'],
    ['the file alone has the form', [], ['comp-lzo no'], 'COMPRESSION_MISMATCH'],
  ])('%s', async ([what, more, lines, code], { skip }) => {
    skip(
      what === COMPRESSING && !(await serverCanCompress()),
      'the lab’s OpenVPN server is 2.7 or newer, which never compresses',
    );
    const name = await startConnected(await serve({ more }), { client: { more: lines } });
    await sendZeroes(name);
    expect(await reasonOf(name)).toMatchObject({ code });
    expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
  });
});

describe('what an operator may lower, with a warning', () => {
  const noticesOf = async (name: string, script: object) =>
    (await putLaunchScript(name, script)).body.notices.map(({ directive }: { directive: string }) => directive);

  test.each<[string, OpenVpnServerOptions, string]>([
    ['an RSA key of 1,024 bits', { certificate: { algorithm: 'rsa-1024' }, more: LAX }, 'tls-cert-profile legacy'],
    ['compression on the way here', { more: ['allow-compression yes', 'comp-lzo yes'] }, 'allow-compression asym'],
    ['compression that is pushed', { more: ['allow-compression yes', 'compress lz4'], push: ['compress lz4'] }, 'allow-compression asym'],
  ])('%s', async (what, options, line) => {
    const server = await serve(options);
    const name = unique('lowered');
    const more = what.includes('here') ? ['comp-lzo', line] : [line];
    const script = await launchScript(server, { client: { more } });
    expect(await noticesOf(name, script)).toContain(line.split(' ')[0]);
    await runContainer(name);
    await waitForState(name, 'connected');
    await sendZeroes(name);
    const stdout = await docker('exec', name, 'wget', '-qO-', 'http://203.0.113.80/bytes/200000');
    expect(stdout.length).toBe(200_000); // made of one letter: nothing compresses better
    expect(await exitAddress(name)).toBe(EXIT);
  }); // biome-ignore format: a table

  test('an old cipher that still protects needs no warning', async () => {
    const server = await serve({ more: ['data-ciphers AES-256-CBC'] });
    const name = await startConnected(server, { client: { more: ['cipher AES-256-CBC'] } });
    expect(await exitAddress(name)).toBe(EXIT);
  });
});
