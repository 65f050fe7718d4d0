import { expect, test } from 'vitest';
import { putHostsEntry } from '../../../src/sidecar/plan/resolv-conf.ts';

const PLACE = { address: '172.20.0.2', subnet: '172.20.0.0/16', own: '172.20.0.5' };

test.each([
  ['has no line for it', '127.0.0.1\tlocalhost\n', '127.0.0.1\tlocalhost\n172.20.0.2\tproxy\n'],
  ['does not end its last line', '127.0.0.1 localhost', '127.0.0.1 localhost\n172.20.0.2\tproxy\n'],
  ['has it for another address', '172.20.0.9 proxy\n', '172.20.0.9 proxy\n172.20.0.2\tproxy\n'],
  ['has it in a comment', '# 172.20.0.2 proxy\n', '# 172.20.0.2 proxy\n172.20.0.2\tproxy\n'],
  ['has it', '172.20.0.2 other proxy\n', undefined],
  ['is being written by Docker at this moment', '', undefined],
])('a hosts file that %s', (_, text, expected) => {
  expect(putHostsEntry(text, 'proxy', PLACE)).toBe(expected);
});

test.each([
  ['172.20.0.9\tproxy\n1.2.3.4 other\n', '1.2.3.4 other\n172.20.0.2\tproxy\n'],
  ['172.20.0.2\tproxy\n172.20.0.9\tproxy\n', '172.20.0.2\tproxy\n'],
  ['172.20.0.9 proxy more\n172.20.0.2\tproxy\n', undefined], // somebody else's
  ['192.0.2.9\tproxy\n172.20.0.2\tproxy\n', undefined], // of --add-host
  ['172.20.0.5\tproxy\n172.20.0.2\tproxy\n', undefined], // Docker's, for its own name
])('a hosts file with a line for where the proxy was: %j', (text, expected) => {
  expect(putHostsEntry(text, 'proxy', PLACE)).toBe(expected);
});
