import { closeSync, openSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { run } from '../../../src/sidecar/host/command.ts';

const shell = (text: string): [string, ...string[]] => ['sh', '-c', text];

test('gives what the program printed, and its exit code', async () => {
  expect(await run(['printf', '%s|', 'a b', '$HOME', 'ü'])).toEqual({
    stdout: 'a b|$HOME|ü|',
    stderr: '',
    exitCode: 0,
  });
});

test('an exit code is an error, with the last line that was printed', async () => {
  const failing = shell('echo first >&2; echo last >&2; exit 3');
  await expect(run(failing)).rejects.toMatchObject({
    code: 'HOST_COMMAND_FAILED',
    message: expect.stringMatching(/: last$/),
    details: { program: 'sh' },
  });
  expect(await run(failing, { okExitCodes: [3] })).toMatchObject({ stderr: 'first\nlast\n', exitCode: 3 });
  await expect(run(shell('exit 4'))).rejects.toThrow(/: exit code 4$/);
});

test('a program that a signal ends', async () => {
  await expect(run(shell('kill -11 $$'))).rejects.toThrow(/: ended by signal 11$/);
});

test('a program that is not there', async () => {
  await expect(run(['no-such-program', 'x'])).rejects.toMatchObject({
    code: 'HOST_COMMAND_FAILED',
    message: expect.stringMatching(/no-such-program x: .*ENOENT/),
  });
});

test('its input, more of it than a pipe holds', async () => {
  const input = 'x'.repeat(1_000_000);
  expect((await run(['cat'], { input })).stdout).toBe(input);
  expect((await run(['cat', '/dev/stdin'], { input: 'by path' })).stdout).toBe('by path');
  expect((await run(['cat'])).stdout).toBe(''); // /dev/null
});

test.each([
  ['its end was due before', 0],
  ['its end is due later', 100],
])('input that waits comes whole, also where %s', async (_, openMs) => {
  const inputOpenFor = sleep(openMs);
  const inputAfter = sleep(50);
  expect((await run(['cat'], { input: 'late', inputAfter, inputOpenFor })).stdout).toBe('late');
  const failed = Promise.reject(new Error('what it waited for has failed'));
  expect((await run(['cat'], { input: 'late', inputAfter: failed, inputOpenFor })).stdout).toBe('late');
});

test('our environment', async () => {
  expect((await run(shell('echo "$PATH"'))).stdout.trim()).toBe(process.env.PATH);
});

test('input that nobody reads', async () => {
  expect(await run(['true'], { input: 'x'.repeat(1_000_000) })).toMatchObject({ exitCode: 0 });
});

test('open files, as 3 and on', async () => {
  const file = openSync('/proc/version', 'r');
  expect((await run(['cat', '/proc/self/fd/3'], { files: [file] })).stdout).toMatch(/^Linux/);
  closeSync(file);
});

test('one that hangs is killed, whoever else holds its output', async () => {
  const began = performance.now();
  await expect(run(shell('sleep 7 & exec sleep 7'), { timeoutMs: 100 })).rejects.toThrow(/not done within 100 ms/);
  expect(performance.now() - began).toBeLessThan(5000);
});

test('one that closes its output and goes on is waited for', async () => {
  await expect(run(shell('exec >&- 2>&-; sleep 0.2; exit 4'))).rejects.toThrow(/: exit code 4$/);
});

test('nothing of ours is handed on: no open file, no ignored signal', async () => {
  const SIGPIPE = 1n << 12n;
  const ignored = (text: string) => BigInt(`0x${/SigIgn:\s+([0-9a-f]+)/.exec(text)?.[1]}`) & SIGPIPE;
  const file = openSync('/proc/version', 'r');
  const { stdout } = await run(shell('ls /proc/self/fd; grep SigIgn /proc/self/status'));
  closeSync(file);
  expect(stdout.split('\n')).not.toContain(String(file));
  expect(ignored(stdout)).toBe(0n);
  expect(ignored((await run(shell('grep SigIgn /proc/$PPID/status'))).stdout)).toBe(SIGPIPE);
});

test('a failure leaves no descriptor behind', async () => {
  const count = () => readdirSync('/proc/self/fd').length;
  const before = count();
  for (let time = 0; time < 5; time++) await run(['no-such-program'], { input: 'x' }).catch(() => undefined);
  expect(count()).toBe(before);
  await run(['cat'], { input: 'x' });
  expect(count()).toBe(before);
});

test('a hundred at once end, and none is left as a zombie', async () => {
  const all = await Promise.all(Array.from({ length: 100 }, (_, index) => run(['echo', String(index)])));
  expect(all.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 100 }, (_, index) => index));
  const { stdout } = await run(
    shell('grep -l "^State:.Z" $(grep -l "^PPid:.$PPID$" /proc/[0-9]*/status) 2>/dev/null; :'),
  );
  expect(stdout).toBe('');
});
