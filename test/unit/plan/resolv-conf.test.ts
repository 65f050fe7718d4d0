import { expect, test } from 'vitest';
import { addHostsEntry } from '../../../src/sidecar/plan/resolv-conf.ts';

test.each([
  ['has no line for it', '127.0.0.1\tlocalhost\n', '127.0.0.1\tlocalhost\n172.20.0.2\tproxy\n'],
  ['does not end its last line', '127.0.0.1 localhost', '127.0.0.1 localhost\n172.20.0.2\tproxy\n'],
  ['has it for another address', '172.20.0.9 proxy\n', '172.20.0.9 proxy\n172.20.0.2\tproxy\n'],
  ['has it in a comment', '# 172.20.0.2 proxy\n', '# 172.20.0.2 proxy\n172.20.0.2\tproxy\n'],
  ['has it', '172.20.0.2 other proxy\n', undefined],
  ['is being written by Docker at this moment', '', undefined],
])('a hosts file that %s', (_, text, expected) => {
  expect(addHostsEntry(text, '172.20.0.2', 'proxy')).toBe(expected);
});
