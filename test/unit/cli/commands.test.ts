import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { putJson } from '../control/call.ts';
import { anEvent, aSession, type RunningControl, startControl } from '../control/doubles.ts';
import { canRunAs, runCli, startCli } from './run-cli.ts';

const NOBODY = 65_534;

let control: RunningControl;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());
beforeEach(() => {
  control.sessions.sessions = [aSession()];
});

const cli = (...args: string[]) => runCli(['--socket', control.socket, ...args]);
const failed = () =>
  aSession({
    container: { id: 'c0ffee', name: 'web-2' },
    namespace: 'c0ffee000000',
    state: 'failed',
    reason: { code: 'HANDSHAKE_TIMEOUT', message: 'No\u001b[2J answer.', remedy: 'Check the keys.' },
  });

describe('status', () => {
  test('is a table with aligned columns; 0 while nothing has failed', async () => {
    const { container: _, tunnel: __, ...unknown } = aSession({ namespace: 'aaaaaaaaaaaa', state: 'blocked' });
    control.sessions.sessions = [
      aSession(),
      unknown,
      aSession({ role: 'proxy', container: { id: 'p', name: 'kasm_proxy' } }),
    ];
    const result = await cli('status');
    expect([result.code, result.stderr]).toEqual([0, '']);
    const [heading = '', first = '', second = '', third = ''] = result.stdout.split('\n');
    for (const line of [first, second, third])
      expect(line.slice(heading.indexOf('STATE') - 2)).toMatch(/^ {2}(connected|blocked)/);
    expect(first).toMatch(
      /^web-1 +b8a8cbe7c027 +wireguard\/AU-MELBOURNE-31 +connected +\d+d +203\.0\.113\.7:51820 +\d+d ago +1\.5 MiB +512 B +-$/,
    );
    expect(second).toMatch(/^- +aaaaaaaaaaaa /);
    expect(third).toMatch(/^kasm_proxy +b8a8cbe7c027 +proxy /);
  });

  test('is 1 when a session has failed, says why, and has no colours or control characters', async () => {
    control.sessions.sessions = [aSession(), failed()];
    const result = await cli('status');
    expect(result.code).toBe(1);
    expect(result.stdout).toContain('No\u{FFFD}[2J answer. [HANDSHAKE_TIMEOUT]');
    expect(result.stdout).not.toContain('\u001b');
  });

  test('--json is the reply, with what this version does not know', async () => {
    control.sessions.sessions = [{ ...aSession(), from_the_future: 1 } as never];
    const result = await cli('status', '--json');
    expect(JSON.parse(result.stdout)).toEqual({ sessions: [{ ...aSession(), from_the_future: 1 }] });
  });

  test('says so when there is nothing', async () => {
    control.sessions.sessions = [];
    expect((await cli('status')).stdout).toMatch(/^There are no sessions/);
    expect(JSON.parse((await cli('status', '--json')).stdout)).toEqual({ sessions: [] });
  });

  test('finds the socket by KASM_SIDECAR_SOCKET', async () => {
    const result = await runCli(['status'], { env: { KASM_SIDECAR_SOCKET: control.socket } });
    expect([result.code, result.stdout.includes('web-1')]).toEqual([0, true]);
  });
});

describe('session', () => {
  test('shows everything', async () => {
    const result = await cli('session', 'web-1');
    expect([result.code, result.stderr]).toEqual([0, '']);
    expect(result.stdout).toMatch(/^web-1 is connected\n/);
    for (const part of [
      'wg (wireguard, kernel)',
      '203.0.113.7:51820',
      '1.5 MiB received, 512 B sent',
      '10.64.0.1',
      'k-p-1389f8',
    ]) {
      expect(result.stdout).toContain(part);
    }
  });

  test('is 1 when it has failed, with what to do', async () => {
    control.sessions.sessions = [failed()];
    const result = await cli('session', 'web-2');
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/what to do +Check the keys\./);
  });

  test('is 1 when there is none, with what to do', async () => {
    const result = await cli('session', 'nobody');
    expect(result).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: There is no session nobody. [NOT_FOUND]\n  List what there is: `kasm-sidecar status`.\n',
    });
  });

  test.each([
    ['--reconnect', 'connecting'],
    ['--disconnect', 'blocked'],
  ])('%s acts', async (flag, state) => {
    const result = await cli('session', 'web-1', flag, '--json');
    expect([result.code, JSON.parse(result.stdout).state]).toEqual([0, state]);
  });

  test('does not do both', async () => {
    expect((await cli('session', 'web-1', '--reconnect', '--disconnect')).code).toBe(2);
  });
});

describe('scripts', () => {
  test('lists, deletes, and says when there is none', async () => {
    await putJson(control.socket, '/v1/launch-scripts/web-9', { version: 1, egress: { type: 'none', provider: 'P' } });
    expect((await cli('scripts', 'list')).stdout).toMatch(/^KEY .*\nweb-9 +none +P /);
    expect(JSON.parse((await cli('scripts', 'list', '--json')).stdout).launch_scripts).toHaveLength(1);
    expect(await cli('scripts', 'delete', 'web-9')).toMatchObject({
      code: 0,
      stdout: 'The launch script web-9 is deleted.\n',
    });
    expect((await cli('scripts', 'delete', 'web-9')).code).toBe(1);
    expect((await cli('scripts')).stdout).toBe('No launch script is waiting.\n');
  });
});

describe('events', () => {
  test('replays and follows, one line each', async () => {
    control.events.kept.splice(0);
    for (const id of [1, 2]) control.events.emit(anEvent({ id }));
    const child = startCli(['--socket', control.socket, 'events', '--after', '1', '--json']);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
    await vi.waitFor(() => expect(said).toContain('\n'), 5000);
    control.events.emit(anEvent({ id: 3, state: 'failed' }));
    await vi.waitFor(
      () =>
        expect(
          said
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line).id),
        ).toEqual([2, 3]),
      5000,
    );
    child.kill();
    await once(child, 'exit');
  });

  test('is 3 when the sidecar goes away', async () => {
    const other = await startControl();
    other.events.emit(anEvent({ id: 1, reason: { code: 'X', message: 'why' } }));
    const result = runCli(['--socket', other.socket, 'events', '--after', '0']);
    await vi.waitFor(() => expect(other.events.listeners.size).toBe(1), 5000);
    await other.close();
    expect(await result).toMatchObject({
      code: 3,
      stdout: '1  2026-01-02T03:04:06.000Z  web-1  connecting → connected  why [X]\n',
    });
    expect((await result).stderr).toContain(other.socket);
  });

  test('ends quietly when nobody reads it any more', async () => {
    const child = startCli(['--socket', control.socket, 'events', '--after', '0']);
    await vi.waitFor(() => expect(control.events.listeners.size).toBe(1), 5000);
    const exited = once(child, 'exit');
    child.stdout.destroy();
    // Whether the first write after the end of the pipe fails, or only the second, is up to the kernel.
    for (const id of [10, 11]) {
      control.events.emit(anEvent({ id }));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await exited).toEqual([0, null]);
  });
});

describe('a sidecar that can not be reached is 3', () => {
  test.each(['status', 'session web-1', 'events', 'scripts list', 'launch web-1 --type none --wait'])(
    '%s',
    async (command) => {
      const socket = join(control.folder, 'absent.sock');
      const result = await runCli(['--socket', socket, ...command.split(' ')]);
      expect([result.code, result.stdout]).toEqual([3, '']);
      expect(result.stderr).toContain(`can't be reached on ${socket}: there is no such socket.`);
      expect(result.stderr).toContain('kasm-sidecar serve');
    },
  );

  test('also when the socket is left over', async () => {
    const other = await startControl();
    const moved = join(control.folder, 'left-over.sock');
    await rename(other.socket, moved); // closing removes the path it was bound to, not this one
    await other.close();
    const result = await runCli(['--socket', moved, 'status']);
    expect([result.code, result.stderr.includes('nobody answers on it')]).toEqual([3, true]);
  });

  test('also when this user may not use it', async ({ skip }) => {
    skip(!canRunAs(NOBODY), 'another user can not run the program where it lies, or we are not root');
    const result = await runCli(['--socket', control.socket, 'status'], { uid: NOBODY });
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).toContain(`You may not use the sidecar's socket ${control.socket}.`);
    expect(result.stderr).toContain('sudo');
  });

  test.each([
    ['no JSON', 'hello', 'It is not JSON'],
    ['other JSON', '{"sessions":[{"state":"dreaming"}]}', 'state'],
  ])('also when something else answers: %s', async (_name, reply, hint) => {
    const socket = join(control.folder, 'else.sock');
    const server = createServer((_request, response) => response.end(reply)).listen(socket);
    const result = await runCli(['--socket', socket, 'status']);
    expect([result.code, result.stderr.includes(hint)]).toEqual([3, true]);
    server.close();
  });
});

describe('wrong usage is 2', () => {
  test.each([
    '',
    'frobnicate',
    'status --frob',
    'session',
    'scripts delete',
    'completion tcsh',
    'events --after x',
    'serve',
  ])('%s', async (command) => {
    const result = await cli(...command.split(' ').filter(Boolean));
    expect([result.code, result.stdout]).toEqual([2, '']);
    expect(result.stderr).not.toBe('');
  });
});
