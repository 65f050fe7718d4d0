import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LaunchScriptView } from '../../../src/shared/session-view.ts';
import { anEvent, aSession, type RunningControl, startControl } from '../control/doubles.ts';
import { runCli } from './run-cli.ts';

const PRIVATE_KEY = 'cHJpdmF0ZS1rZXktdGhhdC1tdXN0LW5vdC1sZWFr';
const WIREGUARD = `# my provider\n[Interface]\nPrivateKey = ${PRIVATE_KEY}\n[Peer]\nEndpoint = 203.0.113.7:51820\n`;

let control: RunningControl;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());
beforeEach(() => {
  control.launchScripts.scripts.clear();
  control.launchScripts.received.clear();
  control.launchScripts.notices = [];
  control.launchScripts.onPut = () => {};
  control.sessions.sessions = [];
});

const launch = (...args: string[]) => runCli(['--socket', control.socket, 'launch', ...args]);

async function file(name: string, content: string): Promise<string> {
  const path = join(control.folder, name);
  await writeFile(path, content);
  return path;
}

const received = (key = 'web-1') => control.launchScripts.received.get(key);

describe('launch', () => {
  test('sends a WireGuard file as such, and prints what was understood, without its secret', async () => {
    const result = await launch('web-1', '--config', await file('wg.conf', WIREGUARD));
    expect(result).toEqual({
      code: 0,
      stdout: 'The launch script web-1 is stored.\n  egress  wireguard\n  peers   203.0.113.7:51820\n',
      stderr: '',
    });
    expect(received()?.egress.type).toBe('wireguard');
    expect(received()?.egress.config?.reveal()).toBe(WIREGUARD);
  });

  test.each([
    ['client\nremote vpn.example 1194 udp\n', 'openvpn'],
    ['  remote vpn.example\r\n', 'openvpn'],
    ['<ca>\n…\n</ca>\n', 'openvpn'],
    ['[interface]\n', 'wireguard'],
  ])('guesses the type of %j: %s', async (content, type) => {
    expect((await launch('web-1', '--config', await file('vpn.conf', content))).code).toBe(0);
    expect(received()?.egress.type).toBe(type);
  });

  test('asks for the type of a file that bears no signs', async () => {
    const result = await launch(
      'web-1',
      '--config',
      await file('odd.conf', '# remote control for my client\nclientele = 5\n'),
    );
    expect([result.code, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toContain('looks like neither WireGuard nor OpenVPN');
    expect(result.stderr).toContain('--type');
    expect((await launch('web-1', '--type', 'Custom', '--config', await file('odd.conf', 'x'))).code).toBe(0);
    expect(received()?.egress.type).toBe('custom');
  });

  test('sends every option, secrets without the newline at their end', async () => {
    const args = [
      '--config',
      await file('wg.conf', WIREGUARD),
      '--private-key-file',
      await file('key', `${PRIVATE_KEY}\n`),
    ];
    args.push('--username', 'me', '--password-file', await file('password', ' pass word \r\n'));
    args.push('--dns', '10.64.0.1', '10.64.0.2', '--allow', '10.20.0.0/16', '--allow', '10.30.0.0/16');
    args.push(
      '--session-id',
      's-1',
      '--provider',
      'PureVPN',
      '--gateway',
      'AU-1',
      '--country',
      'AU',
      '--city',
      'Perth',
    );
    const result = await launch('web-1', ...args, '--deadline', '30');
    expect([result.code, result.stderr]).toEqual([0, '']);
    expect(result.stdout).not.toContain(PRIVATE_KEY);
    expect(result.stdout).toContain('gateway           AU-1 (Perth, AU)');
    expect(result.stdout).toContain('credential        username, password, private_key');
    const { egress, ...rest } = received() ?? expect.unreachable();
    expect(rest).toEqual({ version: 1, session_id: 's-1', deadline_seconds: 30 });
    expect(egress).toMatchObject({ dns: ['10.64.0.1', '10.64.0.2'], allow: ['10.20.0.0/16', '10.30.0.0/16'] });
    expect(egress.credential?.private_key?.reveal()).toBe(PRIVATE_KEY);
    expect(egress.credential?.password?.reveal()).toBe(' pass word ');
  });

  test('none needs no file, and takes none', async () => {
    expect((await launch('web-1', '--type', 'none')).code).toBe(0);
    expect(received()?.egress).toEqual({ type: 'none' });
    expect((await launch('web-1', '--type', 'none', '--config', await file('wg.conf', WIREGUARD))).code).toBe(2);
  });

  test('sends a whole launch script, also from the standard input', async () => {
    const script = JSON.stringify({ version: 1, egress: { type: 'none' } });
    expect((await launch('web-1', '--script', await file('launch.json', script))).code).toBe(0);
    const piped = await runCli(['--socket', control.socket, 'launch', 'web-2', '--script', '-'], { input: script });
    expect(piped.code).toBe(0);
    expect(received('web-2')?.egress.type).toBe('none');
  });

  test('does not quote a script that is not JSON', async () => {
    const result = await launch('web-1', '--script', await file('bad.json', `{"private_key": "${PRIVATE_KEY}" oops`));
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/is not JSON at position \d+/);
    expect(result.stderr).not.toContain(PRIVATE_KEY.slice(-6));
    expect((await launch('web-1', '--script', await file('worse.json', PRIVATE_KEY))).stderr).not.toContain('cHJpd');
  });

  test('--json prints the reply and nothing else', async () => {
    const result = await launch('web-1', '--config', await file('wg.conf', WIREGUARD), '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({ launch_script: { key: 'web-1', type: 'wireguard' } });
  });

  test('warns of what was dropped from the file, and lets it steer no terminal', async () => {
    control.launchScripts.notices = [
      { line: 4, directive: 'PostUp', message: 'dropped: commands are not run' },
      { directive: 'up\u001b[2J', message: 'dropped' },
    ];
    const result = await launch('web-1', '--config', await file('wg.conf', WIREGUARD), '--json');
    expect(result.stderr).toBe(
      'warning: line 4: PostUp: dropped: commands are not run\nwarning: up\u{FFFD}[2J: dropped\n',
    );
    expect(() => JSON.parse(result.stdout)).not.toThrow();
  });

  test('prints each wrong field on a line of its own', async () => {
    const script = JSON.stringify({ version: 2, egress: { type: 'none', colour: 'red' } });
    const result = await launch('web-1', '--script', await file('launch.json', script));
    expect([result.code, result.stdout]).toEqual([1, '']);
    expect(result.stderr.split('\n')).toEqual([
      'error: The launch script is not valid. [BAD_REQUEST]',
      '    /version: Invalid input: expected 1',
      '    /egress/colour: unknown field',
      '  Correct the fields that are named.',
      '',
    ]);
  });

  test.each<[string, string[]]>([
    ['no key', []],
    ['neither file nor type', ['web-1']],
    ['a type that does not exist', ['web-1', '--type', 'ipsec']],
    ['a deadline that is no number', ['web-1', '--type', 'none', '--deadline', 'soon']],
    ['a file that is not there', ['web-1', '--config', '/nowhere/wg.conf']],
    ['a script and other options', ['web-1', '--script', 'f', '--dns', '1.1.1.1']],
    ['OpenZiti without identities', ['web-1', '--type', 'openziti']],
    ['an unknown option', ['web-1', '--fast']],
  ])('%s is wrong usage: 2', async (_name, args) => {
    const result = await launch(...args);
    expect([result.code, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toMatch(/^error: /);
  });
});

describe('launch --wait', () => {
  const connecting = (view: LaunchScriptView, fields = {}) => {
    const session = aSession({ key: view.key, state: 'connecting', since: '2026-01-02T03:04:05.000Z', ...fields });
    control.sessions.sessions = [session];
    return session;
  };
  const soon = (work: () => void) => void setTimeout(work, 100);
  const reason = { code: 'HANDSHAKE_TIMEOUT', message: 'No answer.', remedy: 'Check the keys.' };

  test('shows each change of state once, of this session only, and ends with 0 when it is connected', async () => {
    control.launchScripts.onPut = (view) => {
      connecting(view);
      control.events.emit(anEvent({ id: 1, state: 'connecting', time: '2026-01-02T03:04:05.000Z' }));
      soon(() => {
        control.events.emit(anEvent({ id: 2, namespace: 'another00000', state: 'failed' }));
        control.events.emit(anEvent({ id: 3, state: 'reconnecting', time: '2026-01-02T03:04:07.000Z' }));
        control.events.emit(anEvent({ id: 4, state: 'connected', time: '2026-01-02T03:04:08.000Z' }));
      });
    };
    const result = await launch('web-1', '--type', 'none', '--wait');
    expect([result.code, result.stderr]).toEqual([0, '']);
    expect(result.stdout).toBe(
      'The launch script web-1 is stored.\n  egress  none\nconnecting\nreconnecting\nconnected\n',
    );
  });

  test('ends at once where the session is connected already', async () => {
    control.launchScripts.onPut = (view) => void connecting(view, { state: 'connected' });
    expect((await launch('web-1', '--type', 'none', '--wait')).code).toBe(0);
  });

  test('ends with 1 and the reason when it fails', async () => {
    control.launchScripts.onPut = (view) => {
      connecting(view);
      soon(() => control.events.emit(anEvent({ id: 5, state: 'failed', reason })));
    };
    const result = await launch('web-1', '--type', 'none', '--wait');
    expect(result.code).toBe(1);
    expect(result.stdout).toContain('\nfailed  No answer. [HANDSHAKE_TIMEOUT]\n');
    expect(result.stderr).toBe('error: web-1 has failed.\n  Check the keys.\n');
  });

  test.each(['failed', 'connected'] as const)(
    'does not take the state %s of the launch script before for its own',
    async (state) => {
      control.launchScripts.onPut = (view) => {
        const session = connecting(view, { state, since: '2026-01-02T03:00:00.000Z' });
        control.events.emit(anEvent({ id: 20, state, time: '2026-01-02T03:04:04.000Z' }));
        soon(() => {
          session.state = 'connecting';
          control.events.emit(anEvent({ id: 21, state: 'connecting' }));
        });
        soon(() =>
          control.events.emit(anEvent({ id: 22, state: state === 'failed' ? 'connected' : 'failed', reason })),
        );
      };
      const result = await launch('web-1', '--type', 'none', '--wait');
      expect(result.stdout.split('\n').slice(2, 3)).toEqual(['connecting']);
      expect(result.code).toBe(state === 'failed' ? 0 : 1);
    },
  );

  test('takes a session for connected that was so before and sees no need to change', async () => {
    control.launchScripts.onPut = (view) =>
      void connecting(view, { state: 'connected', since: '2026-01-02T03:00:00.000Z' });
    const result = await launch('web-1', '--type', 'none', '--wait');
    expect([result.code, result.stdout.endsWith('\nconnected\n')]).toEqual([0, true]);
  });

  test('goes on waiting for one that takes longer than it takes to see no change', async () => {
    control.launchScripts.onPut = (view) => {
      connecting(view);
      setTimeout(() => control.events.emit(anEvent({ id: 30, state: 'connected' })), 3000);
    };
    expect((await launch('web-1', '--type', 'none', '--wait')).code).toBe(0);
  });

  test('finds a container that comes only later', async () => {
    control.launchScripts.onPut = (view) => {
      soon(() => {
        connecting(view);
        control.events.emit(anEvent({ id: 7, state: 'blocked', time: '2026-01-02T03:04:04.000Z' }));
        control.events.emit(anEvent({ id: 8, state: 'connected' }));
      });
    };
    const result = await launch('web-1', '--type', 'none', '--wait', '--json');
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      launch_script: { key: 'web-1' },
      outcome: { state: 'connected' },
    });
  });

  test('ends with 1 some seconds after the deadline', async () => {
    const result = await launch('web-1', '--type', 'none', '--wait', '--deadline', '1');
    expect(result.code).toBe(1);
    expect(result.stderr).toBe('error: web-1 was not connected within 6 s.\n  See why: `kasm-sidecar session web-1`\n');
  });

  test('does not hang when the launch script is refused', async () => {
    const result = await launch('web-1', '--type', 'none', '--dns', 'x', '--wait');
    expect([result.code, result.stdout]).toEqual([1, '']);
  });
});
