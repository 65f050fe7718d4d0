import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { CONTROL_SOCKET, control, listen, putLaunchScript, session, waitForState } from '../support/control.ts';
import { docker, namespaceOf, pidOf, processGone } from '../support/docker.ts';
import { DRIVER, exitAddress, launchScript, NETWORK, runContainer, startSession, unique } from '../support/session.ts';
import { kasmSidecar, modeOf } from '../support/sidecar.ts';
import { waitFor } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();

beforeAll(async () => {
  await docker('network', 'create', '-d', DRIVER, NETWORK);
});

describe('a launch script that is not valid', () => {
  const BAD = {
    version: 2,
    session: 'typo',
    egress: {
      type: 'wiregard',
      confg: '[Interface]',
      credential: { private_key: 5, token: 'x' },
      dns: ['not-an-address'],
      allow: ['10.0.0.0/99'],
    },
    deadline_seconds: 0,
  };
  const POINTERS = [
    '/version',
    '/session',
    '/egress/type',
    '/egress/confg',
    '/egress/credential/private_key',
    '/egress/credential/token',
    '/egress/dns/0',
    '/egress/allow/0',
    '/deadline_seconds',
  ];

  test('has every wrong field named, by RFC 9457', async () => {
    const { status, type, body } = await control('PUT', '/v1/launch-scripts/bad', BAD);
    expect(status).toBe(422);
    expect(type).toMatch(/^application\/problem\+json/);
    expect(body.code).toMatch(/^[A-Z_]+$/);
    expect(body.detail.length).toBeGreaterThan(10);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([...POINTERS].sort());
    for (const { reason } of body.errors) expect(reason.length).toBeGreaterThan(3);
  });

  test('changes nothing: neither what waits nor what runs', async () => {
    const name = unique('unharmed');
    await startSession(world.lab, name);
    const [waiting, running] = [await control('GET', '/v1/launch-scripts'), (await session(name)).body];
    expect((await control('PUT', `/v1/launch-scripts/${name}`, BAD)).status).toBe(422);
    expect((await control('GET', '/v1/launch-scripts')).body).toEqual(waiting.body);
    const after = (await session(name)).body;
    expect([after.state, after.since, after.tunnel.process_id]).toEqual([
      running.state,
      running.since,
      running.tunnel.process_id,
    ]);
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });

  test('whose config is none is refused before any container starts', async () => {
    const client = await world.lab.gateway(1).addClient();
    const config = client.text.replace(/^Endpoint.*$/m, 'Endpoint = nowhere');
    const { status, body } = await control('PUT', '/v1/launch-scripts/no-config', launchScript(client, { config }));
    expect(status).toBe(422);
    expect(JSON.stringify(body.errors)).toMatch(/Endpoint/i);
    expect(JSON.stringify(body)).not.toContain(client.privateKey);
  });

  test('that is not JSON is a 400, one over 1 MiB a 413', async () => {
    expect((await control('PUT', '/v1/launch-scripts/x', '{"version": 1,')).status).toBe(400);
    const long = { version: 1, egress: { type: 'none', provider: 'x'.repeat(1024 * 1024) } };
    expect((await control('PUT', '/v1/launch-scripts/x', long)).status).toBe(413);
  });
});

describe('the control endpoint', () => {
  test('is for root alone', async () => {
    expect(await modeOf(CONTROL_SOCKET)).toMatch(/^06[06]0 0:0$/);
    expect(await modeOf('/var/run/kasm-sidecar')).toMatch(/^0700 0:0$/);
  });

  test('describes itself, its health and its version', async () => {
    const { body } = await control('GET', '/openapi.json');
    expect(body.openapi).toMatch(/^3\./);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/v1/launch-scripts/{key}', '/v1/sessions', '/v1/events', '/v1/health']),
    );
    expect((await control('GET', '/v1/health')).status).toBe(200);
    expect((await control('GET', '/v1/version')).body.version).toMatch(/^\d+\.\d+/);
  });

  test('knows nothing under a key that is nobody’s', async () => {
    const { status, type, body } = await session('nobody');
    expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
    expect(type).toMatch(/^application\/problem\+json/);
  });

  test('takes a session’s every name', async () => {
    const name = unique('named');
    const sessionId = unique('a-session-id');
    await startSession(world.lab, name, { script: { session_id: sessionId } });
    const id = await docker('inspect', '-f', '{{.Id}}', name);
    for (const key of [name, id, id.slice(0, 12), await namespaceOf(name), sessionId])
      expect((await session(key)).body.container?.name, key).toBe(name);
  });

  test('says what was understood, and lists what waits, without secrets', async () => {
    const key = unique('waiting');
    const client = await world.lab.gateway(1).addClient({ hooks: true });
    const script = launchScript(client, { type: 'WireGuard', credential: { private_key: client.privateKey } });
    const { status, body } = await control('PUT', `/v1/launch-scripts/${key}`, script);
    expect(status).toBe(202);
    expect(body).toMatchObject({ key, type: 'wireguard', provider: 'Lab' });
    const list = (await control('GET', '/v1/launch-scripts')).body;
    expect(JSON.stringify(list)).toContain(key);
    expect(JSON.stringify([body, list])).not.toContain(client.privateKey);
    expect((await control('DELETE', `/v1/launch-scripts/${key}`)).status).toBeLessThan(300);
    expect(JSON.stringify((await control('GET', '/v1/launch-scripts')).body)).not.toContain(key);
    expect((await control('DELETE', `/v1/launch-scripts/${key}`)).status).toBe(404);
  });

  test('a launch script waits also over a restart of the daemon', async () => {
    const name = unique('kept');
    await putLaunchScript(name, launchScript(await world.lab.gateway(2).addClient()));
    await world.sidecar.kill();
    await world.sidecar.start();
    await runContainer(name);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.12');
  });
});

describe('events', () => {
  const statesOf = (events: readonly { state: string; namespace: string }[], namespace: string): string[] =>
    events.filter((event) => event.namespace === namespace).map(({ state }) => state);

  test('tell every change of a session’s state, and its end exactly once', async () => {
    const name = unique('told');
    const stream = await listen();
    await runContainer(name);
    await waitForState(name, 'blocked');
    await putLaunchScript(name, launchScript(await world.lab.gateway(1).addClient()));
    await waitForState(name, 'connected');
    const namespace = await namespaceOf(name);
    await docker('rm', '-f', name);
    await waitFor('the end', () => statesOf(stream.events, namespace).includes('ended'));
    stream.end();
    const states = statesOf(stream.events, namespace);
    expect(states.filter((state) => ['connecting', 'connected', 'ended'].includes(state))).toEqual([
      'connecting',
      'connected',
      'ended',
    ]);
  });

  test('tell the end exactly once, also when the daemon was dead at that moment', async () => {
    const name = unique('unseen');
    const before = await listen();
    await startSession(world.lab, name);
    const [namespace, pid] = [await namespaceOf(name), await pidOf(name)];
    await world.sidecar.kill();
    before.end();
    const removal = docker('rm', '-f', name); // Docker tries again after 1, 2, 4 and 8 s
    await processGone(pid);
    await world.sidecar.start();
    const after = await listen('/v1/events?after=0');
    await removal;
    await waitFor('the end', () => statesOf(after.events, namespace).includes('ended'));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    after.end();
    const ends = [...statesOf(before.events, namespace), ...statesOf(after.events, namespace)].filter(
      (state) => state === 'ended',
    );
    expect(ends).toEqual(['ended']);
  });
});

describe('the command line', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-'));
  });

  test('launch --wait brings a container its tunnel, from a provider’s file and a key file', async () => {
    const name = unique('by-cli');
    const client = await world.lab.gateway(2).addClient({ withoutPrivateKey: true });
    await writeFile(`${folder}/lab.conf`, client.text);
    await writeFile(`${folder}/lab.key`, `${client.privateKey}\n`, { mode: 0o600 });
    await runContainer(name);
    const { exitCode, stderr } = await kasmSidecar(
      'launch',
      name,
      '--config',
      `${folder}/lab.conf`,
      '--private-key-file',
      `${folder}/lab.key`,
      '--wait',
    );
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(await exitAddress(name)).toBe('203.0.113.12');
  });

  test('status --json shows the sessions; the table shows their names and states', async () => {
    const name = unique('shown');
    await startSession(world.lab, name);
    const { exitCode, stdout } = await kasmSidecar('status', '--json');
    const { sessions } = JSON.parse(stdout);
    const own = sessions.find(({ container }: { container?: { name: string } }) => container?.name === name);
    expect(own).toMatchObject({
      state: 'connected',
      role: 'session',
      type: 'wireguard',
      namespace: await namespaceOf(name),
    });
    expect(own.tunnel).toMatchObject({ device: 'wg', peer_address: expect.stringMatching(/^203\.0\.113\.11/) });
    expect(own.tunnel.implementation).toMatch(/^(kernel|userspace)$/);
    expect(exitCode).toBe(0);
    expect((await kasmSidecar('status')).stdout).toMatch(new RegExp(`${name}.*connected`));
    const one = await kasmSidecar('session', name, '--json');
    expect(JSON.parse(one.stdout).container.name).toBe(name);
  });

  test('exit code 1 is bad news: a launch that fails, with its reason', async () => {
    const name = unique('bad-news');
    await world.lab.gateway(1).cut();
    const client = await world.lab.gateway(1).addClient();
    await writeFile(`${folder}/cut.conf`, client.text);
    await runContainer(name);
    const { exitCode, stdout, stderr } = await kasmSidecar(
      'launch',
      name,
      '--config',
      `${folder}/cut.conf`,
      '--deadline',
      '2',
      '--wait',
    );
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toMatch(/did not answer|HANDSHAKE/i);
    expect((await kasmSidecar('status')).exitCode).toBe(1);
    await docker('rm', '-f', name);
  });

  test('exit code 2 is wrong usage, 3 an unreachable daemon', async () => {
    expect((await kasmSidecar('launch')).exitCode).toBe(2);
    expect((await kasmSidecar('status', '--no-such-option')).exitCode).toBe(2);
    expect((await kasmSidecar('no-such-command')).exitCode).toBe(2);
    const { exitCode, stderr } = await kasmSidecar('--socket', '/nowhere.sock', 'status');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('/nowhere.sock');
  });

  test('every command explains itself', async () => {
    for (const command of ['serve', 'launch', 'status', 'session', 'events', 'doctor']) {
      const { exitCode, stdout } = await kasmSidecar(command, '--help');
      expect([command, exitCode]).toEqual([command, 0]);
      expect(stdout).toContain('Usage:');
    }
  });
});
