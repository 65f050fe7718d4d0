import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Run } from '../../../src/sidecar/host/command.ts';
import { ipBatch } from '../../../src/sidecar/host/ip.ts';
import type { Namespace } from '../../../src/sidecar/host/netns.ts';
import { parseBatchFailures, runRepeatableBatch } from '../../../src/sidecar/host/repeatable-batch.ts';
import { fileAsNamespace } from './file-as-namespace.ts';

const lines = ['route replace unreachable 0.0.0.0/0', 'rule add priority 100 table main', 'link delete dev wg'];
let folder: string;
let namespace: Namespace;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kasm-unit-'));
  namespace = await fileAsNamespace(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const answering =
  (exitCode: number, stderr: string): Run =>
  async () => ({ stdout: '', stderr, exitCode });
const apply = (run: Run) => runRepeatableBatch(run, namespace, 4, lines);

describe('runRepeatableBatch', () => {
  test('hands the lines to one ip of one family', async () => {
    const calls: unknown[] = [];
    await apply(async (argv, options) => {
      calls.push([argv, options?.namespace, options?.input]);
      return { stdout: '', stderr: '', exitCode: 0 };
    });
    expect(calls).toEqual([[['ip', '-4', '-force', '-batch', '-'], namespace, `${lines.join('\n')}\n`]]);
  });

  test('takes a rule that stands and a link that is gone for done', async () => {
    await apply(
      answering(1, 'RTNETLINK answers: File exists\nCommand failed -:2\nCannot find device "wg"\nCommand failed -:3\n'),
    );
  });

  test('so also where the link goes while it is deleted', async () => {
    await apply(answering(1, 'RTNETLINK answers: No such device\nCommand failed -:3\n'));
  });

  test('warnings alone are no failure', async () => {
    await apply(answering(0, 'Warning: something\n'));
  });

  test.each([
    [
      'another line that exists',
      'RTNETLINK answers: File exists\nCommand failed -:1\n',
      'ip -4 route replace unreachable 0.0.0.0/0: RTNETLINK answers: File exists',
    ],
    [
      'a rule that fails for another reason',
      'RTNETLINK answers: Operation not permitted\nCommand failed -:2\n',
      'Operation not permitted',
    ],
    [
      'a line that ip cannot read, after one that is fine',
      'RTNETLINK answers: File exists\nCommand failed -:2\nError: inet prefix is expected\n',
      'inet prefix is expected',
    ],
    ['ip itself', 'Cannot open netlink socket: Too many open files\n', 'netlink'],
    ['no reason', '', 'no reason given'],
  ])('fails for %s', async (_, stderr, message) => {
    await expect(apply(answering(1, stderr))).rejects.toMatchObject({
      code: 'HOST_COMMAND_FAILED',
      message: expect.stringContaining(message),
    });
  });

  test('names the lines that failed', () => {
    expect(parseBatchFailures('a\nb\nCommand failed -:1\nc\nCommand failed -:9\n', lines)).toEqual([
      { line: lines[0], why: 'a b' },
      { line: 'line 9', why: 'c' },
    ]);
  });
});

test('ipBatch names the line that failed, and why', async () => {
  const run = answering(1, 'RTNETLINK answers: Permission denied\nCommand failed -:2\n');
  await expect(ipBatch(run, lines)).rejects.toMatchObject({
    code: 'HOST_COMMAND_FAILED',
    message: expect.stringContaining(`running ip ${lines[1]}: RTNETLINK answers: Permission denied`),
  });
});
