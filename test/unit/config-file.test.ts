import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSettings } from '../../src/sidecar/config.ts';
import { readConfigFile } from '../../src/sidecar/config-file.ts';

let folder = '';
let errors: string[] = [];
const log = {
  info: () => undefined,
  warn: () => undefined,
  error: (_: string, text: string) => void errors.push(text),
};
const paths = () => ({ file: join(folder, 'config.json'), lastGood: join(folder, 'state/last-good-config.json') });
const readText = (text: string) => {
  writeFileSync(paths().file, text);
  return readConfigFile(paths(), log);
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-file-'));
  errors = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

test('without a file there are the defaults, and nothing is said', () => {
  expect(readConfigFile(paths(), log)).toEqual({});
  expect(readSettings({}, {})).toMatchObject({ endpointAllow: [], wireguard: 'auto', gateMs: 10_000 });
  expect(errors).toEqual([]);
});

test('a good file counts, and the environment more than it', () => {
  const file = readText('{"endpoint_allow": ["10.1.0.0/16"], "wireguard": "kernel", "gate_seconds": 3}');
  expect(readSettings(file, {})).toMatchObject({ endpointAllow: ['10.1.0.0/16'], wireguard: 'kernel', gateMs: 3_000 });
  const environment = { KASM_SIDECAR_WIREGUARD: 'userspace', KASM_SIDECAR_GATE_SECONDS: '5' };
  expect(readSettings(file, environment)).toMatchObject({ wireguard: 'userspace', gateMs: 5_000 });
});

test.each([
  ['no JSON', '{ "wireguard": ', 'it is not JSON'],
  ['a field nobody knows', '{"wiregard": "auto"}', '/wiregard: unknown field'],
  ['a bad value', '{"gate_seconds": 99}', '/gate_seconds: Too big: expected number to be <=20'],
  ['a range that is none', '{"endpoint_allow": ["10.0.0.0/99"]}', '/endpoint_allow/0: not a network in CIDR form'],
  ['a list', '[]', 'the whole: Invalid input: expected object, received array'],
])('%s is refused as a whole: the last good one counts', (_, text, reason) => {
  readText('{"endpoint_allow": ["10.1.0.0/16"]}');
  expect(readText(text)).toEqual({ endpoint_allow: ['10.1.0.0/16'] });
  expect(errors).toEqual([`${paths().file}: ${reason}; the last good one counts`]);
});

test('without a good one before it, the defaults count', () => {
  expect(readText('{"endpoint_allow": ["0.0.0.0/0"], "policy": "open"}')).toEqual({});
  expect(errors).toEqual([`${paths().file}: /policy: unknown field; the defaults count`]);
});

test('a file that was taken away is over: its copy does not count any more', () => {
  readText('{"wireguard": "kernel"}');
  rmSync(paths().file);
  expect(readConfigFile(paths(), log)).toEqual({});
  expect(existsSync(paths().lastGood)).toBe(false);
});
