import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Collected, contentsOf } from '../../../src/doctor/bundle/contents.ts';
import { redact } from '../../../src/doctor/bundle/redact.ts';
import { writeBundle } from '../../../src/doctor/bundle/write.ts';
import { diagnose } from '../../../src/doctor/checks/all.ts';
import { reportOf } from '../../../src/doctor/doctor.ts';
import { aSession } from '../control/doubles.ts';
import { healthy } from './healthy.ts';

/** Each secret, in all forms in which it could come to stand in something that is collected. */
const CORPUS: readonly (readonly [secret: string, texts: readonly string[]])[] = [
  [
    'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=',
    [
      'PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=',
      '"private_key":"yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="',
      'PresharedKey=yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=',
      'found yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk= in line 3',
    ],
  ],
  [
    'correct-horse-battery',
    [
      '{"credential":{"username":"u","password":"correct-horse-battery"}}',
      String.raw`{"body":"{\"password\":\"correct-horse-battery\"}"}`,
      'password: correct-horse-battery',
      'VPN_PASSWORD=correct-horse-battery',
      'openvpn --password correct-horse-battery --dev tun',
      'PASSPHRASE = "correct-horse-battery"',
      'https://user:correct-horse-battery@proxy.example/path',
      'Authorization: Bearer correct-horse-battery',
      'auth-token=correct-horse-battery',
      'api_key: correct-horse-battery',
      'client_secret=correct-horse-battery',
      '<auth-user-pass>\nuser\ncorrect-horse-battery\n</auth-user-pass>',
      '<auth-user-pass>\nuser\ncorrect-horse-battery',
    ],
  ],
  [
    'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw',
    [
      '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n-----END PRIVATE KEY-----',
      String.raw`"config":"<key>\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n</key>"`,
      '<key>\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw',
      '<tls-crypt-v2>\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n</tls-crypt-v2>',
    ],
  ],
  [
    '6acef03f62675b4b1bbd03e53b187727',
    ['<tls-auth>\n#\n6acef03f62675b4b1bbd03e53b187727\n</tls-auth>', '6acef03f62675b4b1bbd03e53b187727'],
  ],
  [
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl end'],
  ],
];
const CASES = CORPUS.flatMap(([secret, texts]) => texts.map((text) => [text, secret] as const));

test.each(CASES)('the second net takes %j', (text, secret) => {
  expect(redact(text)).not.toContain(secret);
  expect(redact(`before\n${text}\nafter`)).not.toContain(secret);
});

test.each([
  '2026-11-21 04:14:30 | INFO | web-1 | connecting → connected [a896147f786d]',
  '"id": "505c32d766d90000000000000000000000000000000000000000000000000000"',
  '-A OUTPUT -s 172.20.0.3/32 -d 172.20.0.2/32 -o k-p-1389f0 -p tcp -m tcp --dport 443 -j ACCEPT',
  '"key": "web-1"',
  '    inet6 2001:db8:113::80/64 scope global',
])('and leaves %j as it is', (text) => expect(redact(text)).toBe(text));

describe('a bundle', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const poison = CASES.map(([text]) => text).join('\n');
  const collected: Collected = {
    sessions: { value: [aSession()] },
    launchScripts: {
      value: [
        {
          key: 'web-1',
          type: 'wireguard',
          peers: ['203.0.113.7:51820'],
          dns: [],
          allow: [],
          credential: ['private_key'],
          notices: [],
          stored_at: '2026-01-02T03:04:05.000Z',
          // A daemon that says too much: `contents` takes what it names, and no more.
          ...{ config: poison },
        },
      ],
    },
    printed: { 'host/nft.txt': { value: poison }, 'host/rule.txt': { problem: poison } },
    logs: { 'plugin.log': { value: poison.split('\n') }, 'network_sidecar.log': { value: [poison] } },
  };
  const seen = {
    ...healthy,
    engine: {
      value: {
        ...healthy.engine.value,
        networks: healthy.engine.value.networks.map((network) => ({
          ...network,
          options: { proxy: 'p', password: poison },
        })),
      },
    },
  };
  const files = () => contentsOf(reportOf(seen.now, diagnose(seen)), seen, collected);

  test('holds no secret, whatever was collected; only root can read it', async () => {
    const target = join(folder, 'b.tar.gz');
    await writeBundle(target, files());
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    await promisify(execFile)('tar', ['-xzf', target, '-C', folder]);
    const unpacked = join(folder, 'kasm-sidecar-doctor');
    const names = await readdir(unpacked, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      names.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')),
    );
    expect(texts).toHaveLength(9);
    for (const [secret] of CORPUS) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    expect(texts.join('')).toContain('connected');
  });

  test('its JSON is still JSON after the second net', () => {
    for (const { name, text } of files().filter((file) => file.name.endsWith('.json')))
      expect(() => JSON.parse(redact(text)), name).not.toThrow();
  });

  test('never takes the place of a file that is there', async () => {
    const target = join(folder, 'mine');
    await writeFile(target, 'mine');
    await expect(writeBundle(target, files())).rejects.toThrow('EEXIST');
    expect(await readFile(target, 'utf8')).toBe('mine');
  });
});
