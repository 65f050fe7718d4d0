import { access, writeFile } from 'node:fs/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BRIDGE_PREFIX } from '../../src/shared/names.ts';
import { OVER, putLaunchScript, session, stateOf, waitForState } from '../support/control.ts';
import { withDeafPlugin } from '../support/deaf-plugin.ts';
import {
  addressOn,
  docker,
  inNamespace,
  namespaceOf,
  pidOf,
  processGone,
  sandboxKey,
  tryDocker,
} from '../support/docker.ts';
import { killEngine, startEngine } from '../support/engine.ts';
import type { HostState } from '../support/host-state.ts';
import { hostState } from '../support/host-state.ts';
import {
  AS_PLUGIN,
  DRIVER,
  dropLock,
  exitAddress,
  launchScript,
  NETWORK,
  NO_TUNNEL,
  runContainer,
  startSession,
  stillLeavesBy,
  unique,
} from '../support/session.ts';
import { attempt, sh } from '../support/shell.ts';
import { networkLog, RUN_FOLDER } from '../support/sidecar.ts';
import { sleep, waitFor } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const OTHER = 'other_network';

beforeAll(async () => {
  await docker('network', 'create', '-d', DRIVER, NETWORK);
  await docker('network', 'create', OTHER);
  await waitFor('the bridge’s last name', async () => !JSON.stringify(await hostState()).includes(BRIDGE_PREFIX));
});

/** Containers of earlier tests would blur what a test sees of the host. */
afterEach(async () => {
  const containers = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  if (containers.length > 0) await docker('rm', '-f', ...containers);
});

const same = (one: HostState, other: HostState): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Within a second of Docker's answer the host is as it was; then shows what is not. */
async function becomesAgain(before: HostState): Promise<void> {
  await waitFor('the host as it was', async () => same(await hostState(), before), {
    timeoutMs: 1_000,
    everyMs: 50,
  }).catch(() => undefined);
  expect(await hostState()).toEqual(before);
}

/** runc's first process of a container, stopped by a signal. */
const heldProcesses = async (): Promise<string[]> =>
  (await sh('ps', '-eo', 'stat,comm')).split('\n').filter((line) => /^T\S*\s+runc:/.test(line));

const wires = async (container: string): Promise<string[]> =>
  (await docker('exec', container, 'ip', '-o', 'link')).match(/\bk-p-[0-9a-f]+/g) ?? [];

describe('the end of a container leaves nothing behind, within a second', () => {
  test.each([
    ['docker stop', ['stop', '-t', '0']],
    ['docker kill', ['kill']],
    ['docker rm -f', ['rm', '-f']],
  ])('%s', async (_, verb) => {
    const name = unique('gone');
    await waitFor('a quiet host', async () => same(await hostState(), await hostState()));
    const before = await hostState();
    await startSession(world.lab, name);
    const [namespace] = [await namespaceOf(name)];
    expect(same(await hostState(), before)).toBe(false); // or the comparison can't see anything
    await docker(...verb, name);
    await becomesAgain(before);
    await expect(access(`${RUN_FOLDER}/${namespace}`)).rejects.toThrow();
    expect(await stateOf(namespace)).toEqual(OVER);
  });

  test('its main process ends by itself', async () => {
    const name = unique('ends');
    const before = await hostState();
    await startSession(world.lab, name, { command: ['sh', '-c', 'while [ ! -e /tmp/end ]; do sleep 0.1; done'] });
    await docker('exec', '-d', name, 'touch', '/tmp/end'); // its own end would come in the way of an answer
    await docker('wait', name);
    await becomesAgain(before);
  });

  test('a session that never got its launch script', async () => {
    const name = unique('never');
    const before = await hostState();
    await runContainer(name);
    await waitForState(name, 'blocked');
    await docker('rm', '-f', name);
    await becomesAgain(before);
  });

  test('a start that fails in Docker itself', async () => {
    const name = unique('broken');
    const before = await hostState();
    const { exitCode } = await tryDocker(
      'run',
      '-d',
      '--name',
      name,
      '--network',
      NETWORK,
      'bb:latest',
      '/no/such/program',
    );
    expect(exitCode).not.toBe(0);
    await docker('rm', '-f', name);
    await becomesAgain(before);
  });
});

describe('the same container again', () => {
  test('stop and start: a new namespace, the same way out', async () => {
    const name = unique('stopped');
    await startSession(world.lab, name, { gateway: 2 });
    const first = await sandboxKey(name);
    await docker('stop', '-t', '0', name);
    await docker('start', name);
    expect(await sandboxKey(name)).not.toBe(first);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.12');
  });

  test('restart, three times', async () => {
    const name = unique('restarted');
    await startSession(world.lab, name, { gateway: 2 });
    for (let round = 0; round < 3; round++) {
      await docker('restart', '-t', '0', name);
      await waitForState(name, 'connected');
      expect(await exitAddress(name)).toBe('203.0.113.12');
      expect(await wires(name)).toHaveLength(1);
    }
  });

  test('a new container by the same name', async () => {
    const name = unique('reborn');
    await startSession(world.lab, name, { gateway: 2 });
    await docker('rm', '-f', name);
    await startSession(world.lab, name, { gateway: 1 });
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });
});

describe('docker network connect and disconnect', () => {
  test('a running container gets its wire and its tunnel, and loses both', async () => {
    const name = unique('connected');
    await putLaunchScript(name, launchScript(await world.lab.gateway(1).addClient()));
    await runContainer(name, { network: 'none' });
    await docker('network', 'disconnect', 'none', name);
    await docker('network', 'connect', NETWORK, name);
    await waitForState(name, 'connected');
    expect(await wires(name)).toHaveLength(1);
    expect(await exitAddress(name)).toBe('203.0.113.11');
    await docker('network', 'disconnect', NETWORK, name);
    expect(await wires(name)).toHaveLength(0);
    expect(await exitAddress(name, { seconds: 2 })).toBe('nowhere');
    await docker('network', 'connect', NETWORK, name);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });

  /** As a root in the container would: a route by the other network's gateway to the site. */
  const routeAround = async (name: string): Promise<void> => {
    const gateway = await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', OTHER);
    await inNamespace(name, 'ip', 'route', 'replace', '203.0.113.80/32', 'via', gateway);
    await inNamespace(name, 'ip', 'rule', 'add', 'priority', '1', 'to', '203.0.113.80', 'lookup', 'main');
  };

  const neverPastTunnel = async (name: string): Promise<void> => {
    expect(['203.0.113.11', 'nowhere']).toContain(await exitAddress(name, { seconds: 2 }));
    await routeAround(name);
    expect(['203.0.113.11', 'nowhere'], 'with a route around').toContain(await exitAddress(name, { seconds: 2 }));
    await dropLock(name);
    expect(['203.0.113.11', 'nowhere'], 'without its lock').toContain(await exitAddress(name, { seconds: 2 }));
  };

  test('positive control: a container of the other network alone leaves by the host', async () => {
    const name = unique('other');
    await runContainer(name, { network: OTHER });
    expect(await exitAddress(name)).toBe('203.0.113.1');
  });

  test('a session that is connected to another network has no way out there', async () => {
    const name = unique('two');
    await startSession(world.lab, name);
    await docker('network', 'connect', OTHER, name);
    await waitFor('the tunnel', async () => (await exitAddress(name)) === '203.0.113.11');
    await neverPastTunnel(name);
  });

  test('a container of another network that becomes a session has none there any more', async () => {
    const name = unique('late-two');
    await runContainer(name, { network: OTHER });
    expect(await exitAddress(name)).toBe('203.0.113.1');
    await putLaunchScript(name, launchScript(await world.lab.gateway(1).addClient()));
    await docker('network', 'connect', NETWORK, name);
    await waitForState(name, 'connected');
    await waitFor('the tunnel', async () => (await exitAddress(name)) === '203.0.113.11');
    await neverPastTunnel(name);
  });

  test('a session on two networks of the sidecar leaves by its tunnel only', async () => {
    const [second, name] = [unique('net'), unique('both')];
    await docker('network', 'create', '-d', DRIVER, second);
    await startSession(world.lab, name);
    await docker('network', 'connect', second, name);
    expect(await wires(name)).toHaveLength(2);
    expect(await exitAddress(name)).toBe('203.0.113.11');
    await docker('network', 'disconnect', second, name);
    expect(await exitAddress(name)).toBe('203.0.113.11');
    await docker('rm', '-f', name);
    await docker('network', 'rm', second);
  });
});

test('publishing a port is refused with a clear error, and leaves nothing', async () => {
  const name = unique('published');
  const before = await hostState();
  const { exitCode, stderr } = await tryDocker(
    'run',
    '-d',
    '--name',
    name,
    '--network',
    NETWORK,
    '-p',
    '8080:80',
    'bb:latest',
  );
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(/port/i);
  await docker('rm', '-f', name);
  await becomesAgain(before);
});

test('twenty containers at once: each gets its own gateway, and all go at once', async () => {
  const before = await hostState();
  const names = Array.from({ length: 20 }, () => unique('many'));
  const gatewayOf = (index: number) => 1 + (index % 2);
  for (const [index, name] of names.entries())
    await putLaunchScript(
      name,
      launchScript(await world.lab.gateway(gatewayOf(index)).addClient(), {}, { deadline_seconds: 60 }),
    );
  await Promise.all(names.map((name) => runContainer(name)));
  await Promise.all(names.map((name) => waitForState(name, 'connected', 60_000)));
  const exits = await Promise.all(names.map((name) => exitAddress(name, { seconds: 15 })));
  expect(exits).toEqual(names.map((_, index) => `203.0.113.${10 + gatewayOf(index)}`));
  const inner = await Promise.all(
    names.map((name) => inNamespace(name, 'ip', '-br', '-4', 'address', 'show', 'dev', 'wg')),
  );
  expect(new Set(inner).size).toBe(20);
  await docker('rm', '-f', ...names);
  await waitFor('the host as it was', async () => same(await hostState(), before), { timeoutMs: 3_000 }).catch(
    () => undefined,
  );
  expect(await hostState()).toEqual(before);
});

describe('the daemon dies', () => {
  const addressOfTunnel = (name: string) => inNamespace(name, 'ip', '-br', 'address', 'show', 'dev', 'wg');

  test('kill -9: sessions stay locked meanwhile, are found again, and go on as before', async () => {
    const [tunnelled, waiting, direct] = [unique('tunnelled'), unique('waiting'), unique('direct')];
    await startSession(world.lab, tunnelled, { gateway: 2 });
    await runContainer(waiting);
    await waitForState(waiting, 'blocked');
    await putLaunchScript(direct, NO_TUNNEL);
    await runContainer(direct);
    await waitForState(direct, 'connected');
    expect(await exitAddress(direct)).toBe('203.0.113.1');
    const address = await addressOfTunnel(tunnelled);
    const before = await hostState();

    await world.sidecar.kill();
    for (const chain of ['INPUT', 'OUTPUT', 'FORWARD'])
      expect(await inNamespace(tunnelled, 'iptables', '-S', chain)).toContain(`-P ${chain} DROP`);
    expect(['203.0.113.12', 'nowhere']).toContain(await exitAddress(tunnelled, { seconds: 2 }));
    expect(await exitAddress(waiting, { seconds: 1 })).toBe('nowhere');

    expect(await world.sidecar.start()).toBeLessThan(10_000); // it hangs on nothing
    await waitForState(tunnelled, 'connected');
    await stillLeavesBy(tunnelled, '203.0.113.12');
    expect(await addressOfTunnel(tunnelled)).toBe(address);
    expect(await exitAddress(direct)).toBe('203.0.113.1');
    expect((await session(waiting)).body.state).toBe('blocked');
    expect(await exitAddress(waiting, { seconds: 1 })).toBe('nowhere');

    const after = await hostState();
    const count = ({ tunnelProcesses }: HostState) => tunnelProcesses.length;
    expect(count(after)).toBe(count(before)); // no second one beside a forgotten first
    expect({ ...after, tunnelProcesses: [] }).toEqual({ ...before, tunnelProcesses: [] });

    await putLaunchScript(waiting, launchScript(await world.lab.gateway(1).addClient()));
    await waitForState(waiting, 'connected');
    expect(await exitAddress(waiting)).toBe('203.0.113.11');
    await docker('rm', '-f', tunnelled, waiting, direct);
  });

  test('SIGTERM: it is gone in time and leaves sessions locked; the next start finds them', async () => {
    const name = unique('upgraded');
    await startSession(world.lab, name);
    expect(await world.sidecar.stop()).toBeLessThan(8_000);
    expect(await inNamespace(name, 'iptables', '-S', 'OUTPUT')).toContain('-P OUTPUT DROP');
    expect(['203.0.113.11', 'nowhere']).toContain(await exitAddress(name, { seconds: 2 }));
    await world.sidecar.start();
    await waitForState(name, 'connected');
    await stillLeavesBy(name, '203.0.113.11');
  });

  test('a container that ends while the daemon is dead: Docker’s repeated calls are answered after the next start', async () => {
    const name = unique('orphan');
    const before = await hostState();
    await startSession(world.lab, name);
    const [namespace, pid] = [await namespaceOf(name), await pidOf(name)];
    await world.sidecar.kill();
    const removal = docker('rm', '-f', name); // Docker tries again after 1, 2, 4 and 8 s
    await processGone(pid);
    await world.sidecar.start();
    await removal;
    await becomesAgain(before);
    expect(await stateOf(namespace)).toEqual(OVER);
  });

  test('kill -9 while it holds a container’s first process: that waits for the next start, and then has its egress', async ({
    skip,
  }) => {
    const major = Number.parseInt(await docker('version', '-f', '{{.Server.Version}}'), 10);
    skip(major >= 28, 'from Docker 28 on, Docker itself waits');
    const name = unique('held');
    const gateway = world.lab.gateway(1);
    await putLaunchScript(name, launchScript(await gateway.addClient(), {}, { deadline_seconds: 30 }));
    await gateway.cut();
    const started = runContainer(name);
    await waitFor('a process that is held', async () => (await heldProcesses()).length === 1);
    await world.sidecar.kill();
    await gateway.restore();
    await sleep(1_000);
    expect(await heldProcesses()).toHaveLength(1);
    await world.sidecar.start();
    await started;
    expect(await heldProcesses()).toEqual([]);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.11');
  });

  // A plugin that is off is not called at all; the case itself is in test/lifecycle.
  test.skipIf(AS_PLUGIN)(
    'a container whose end Docker told in vain is gone from the host after the next start',
    async () => {
      const name = unique('lost');
      const before = await hostState();
      await startSession(world.lab, name);
      const namespace = await namespaceOf(name);
      await world.sidecar.kill();
      const calls = await withDeafPlugin(() => docker('rm', '-f', name));
      expect(calls).toContain('/NetworkDriver.DeleteEndpoint');
      await world.sidecar.start();
      await waitFor('the host as it was', async () => same(await hostState(), before), { timeoutMs: 5_000 }).catch(
        () => undefined,
      );
      expect(await hostState()).toEqual(before);
      const over = async () => ['gone', 'ended'].includes(await stateOf(namespace));
      await waitFor('the session to be over', over, { timeoutMs: 3_000 }).catch(() => undefined);
      expect(await stateOf(namespace)).toEqual(OVER);
    },
  );

  test('a container that was disconnected a moment before the kill is not found again', async () => {
    const name = unique('left');
    await startSession(world.lab, name);
    const namespace = await namespaceOf(name);
    await docker('network', 'disconnect', NETWORK, name);
    await world.sidecar.kill();
    await world.sidecar.start();
    const over = async () => ['gone', 'ended'].includes(await stateOf(namespace));
    await waitFor('the session to be over', over, { timeoutMs: 3_000 });
    await waitFor('its wire to be gone', async () => !(await sh('ip', '-br', 'link')).includes('ksh'), {
      timeoutMs: 3_000,
    });
    expect(await exitAddress(name, { seconds: 1 })).toBe('nowhere');
    await docker('rm', '-f', name);
  });

  test('a session whose record can’t be read starts over, once, and is connected again', async () => {
    const name = unique('unreadable');
    await startSession(world.lab, name);
    const namespace = await namespaceOf(name);
    const begun = async () =>
      (await networkLog()).split('\n').filter((line) => line.includes('Setting up') && line.includes(namespace)).length;
    expect(await begun()).toBe(1);
    await world.sidecar.kill();
    await writeFile(`${RUN_FOLDER}/${namespace}/session.json`, 'nonsense');
    await world.sidecar.start();
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.11');
    expect(await begun()).toBe(2);
    await docker('rm', '-f', name);
  });

  test('networks are known after a new start: containers start on them, and they can be removed', async () => {
    const [network, name] = [unique('net'), unique('later')];
    await docker('network', 'create', '-d', DRIVER, '-o', 'policy=optional', network);
    await world.sidecar.kill();
    await world.sidecar.start();
    await runContainer(name, { network });
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.1');
    await docker('rm', '-f', name);
    await docker('network', 'rm', network);
  });

  test('the tunnel’s process is killed: nothing leaves meanwhile, and the session comes back', async () => {
    const name = unique('process');
    await startSession(world.lab, name);
    const { tunnel } = (await session(name)).body;
    expect(tunnel.implementation).toMatch(/^(kernel|userspace)$/);
    if (tunnel.implementation === 'kernel') return; // there is no process
    await attempt(['kill', '-9', String(tunnel.process_id)]);
    expect(['203.0.113.11', 'nowhere']).toContain(await exitAddress(name, { seconds: 1 }));
    await waitFor('a new tunnel', async () => (await exitAddress(name, { seconds: 2 })) === '203.0.113.11', {
      timeoutMs: 20_000,
    });
    expect((await waitForState(name, 'connected')).tunnel.process_id).not.toBe(tunnel.process_id);
  });
});

describe('the engine dies', () => {
  // A plugin starts anew with its engine; see test/lifecycle.
  test.skipIf(AS_PLUGIN)('kill -9 of dockerd and a new start: containers start again on the network', async () => {
    const [name, victim] = [unique('engine'), unique('victim')];
    const before = await hostState();
    await startSession(world.lab, name);
    await startSession(world.lab, victim); // does not start again, and Docker says nothing of its end
    const address = await addressOn(NETWORK, name);
    expect(address).toMatch(/^\d/);
    const pids = [await pidOf(name), await pidOf(victim)];
    await killEngine();
    await startEngine();
    for (const pid of pids) await processGone(pid); // else Docker takes the old end for the new container's
    await docker('start', name);
    await waitForState(name, 'connected');
    expect(await exitAddress(name)).toBe('203.0.113.11');
    expect(await wires(name)).toHaveLength(1);
    await docker('rm', '-f', name);
    await waitFor('the host as it was', async () => same(await hostState(), before), { timeoutMs: 5_000 }).catch(
      () => undefined,
    );
    expect(await hostState()).toEqual(before);
  });
});
