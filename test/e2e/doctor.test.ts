import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putLaunchScript, waitForState } from '../support/control.ts';
import { docker, inNamespace, namespaceOf } from '../support/docker.ts';
import { removeGuard } from '../support/guards.ts';
import { DRIVER, dropLock, NETWORK, NO_TUNNEL, runContainer, startSession } from '../support/session.ts';
import type { Outcome } from '../support/shell.ts';
import { attempt, sh } from '../support/shell.ts';
import { kasmSidecar, kasmSidecarWith, modeOf, RUN_FOLDER } from '../support/sidecar.ts';
import { waitFor } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const PROXY = 'kasm_proxy';
const SESSION = 'examined';
const NETWORK_LOG = '/var/log/kasm-sidecar/network_sidecar.log';

interface Check {
  readonly id: string;
  readonly subject?: string;
  readonly status: string;
  readonly seen: string;
  readonly fix?: string;
}

beforeAll(async () => {
  await writeFile(NETWORK_LOG, ''); // other files' errors are none of this host's
  await docker('network', 'create', '-d', DRIVER, NETWORK);
  await docker('network', 'create', 'kasm_default_network');
  await runContainer(PROXY, { network: 'kasm_default_network' });
  await docker('network', 'connect', NETWORK, PROXY);
  await startSession(world.lab, SESSION, { run: ['-e', 'KASM_API_HOST=proxy', '-e', 'TENANT=tenants-own-secret'] });
});

const read = ({ exitCode, stdout, stderr }: Outcome) => {
  if (!stdout.startsWith('{')) throw new Error(`no JSON: ${stderr}`);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  // Of warnings the log may have its own: some kernels can't close Docker's resolver, and it says so now and then.
  const ill = checks.filter(({ id, status }) => status === 'failure' || (status === 'warning' && id !== 'network-log'));
  return { exitCode, checks, ill };
};
const examine = async (...args: string[]) => read(await kasmSidecar('doctor', '--json', ...args));

/** `id: what was seen` of all that is not fine; every one says what to do. */
async function complaints(...args: string[]): Promise<string[]> {
  const { exitCode, ill } = await examine(...args);
  expect(exitCode).toBe(ill.some(({ status }) => status === 'failure') ? 1 : 0);
  expect(ill.filter(({ fix }) => !fix)).toEqual([]);
  return ill.map(({ id, subject, status, seen }) => `${status} ${id}${subject ? ` ${subject}` : ''}: ${seen}`);
}

const isFineAgain = () =>
  waitFor('nothing to complain', async () => (await complaints()).length === 0, { timeoutMs: 40_000 });

/** What is broken stays so only while nobody repairs it. */
async function whileStopped(act: () => Promise<void>): Promise<void> {
  await world.sidecar.stop();
  try {
    await act();
  } finally {
    await world.sidecar.start();
  }
  await isFineAgain();
}

describe('a healthy host', () => {
  test('has nothing but ok', async () => {
    const { exitCode, checks, ill } = await examine();
    expect(ill).toEqual([]);
    expect(checks.filter(({ status }) => status === 'skipped')).toEqual([]);
    expect(exitCode).toBe(0);
    expect(checks.filter(({ subject }) => subject === SESSION).map(({ id }) => id)).toContain('session-lock');
  });

  test('for a person: a line a check', async () => {
    const { exitCode, stdout } = await kasmSidecar('doctor');
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/^ {2}ok +session-lock +stands, for IPv4 and IPv6$/m),
    ]);
  });

  test('one container: no other is looked at', async () => {
    const subjects = async (key: string) => new Set((await examine(key)).checks.map(({ subject }) => subject));
    expect(await subjects(SESSION)).toEqual(new Set([undefined, SESSION]));
    expect(await subjects(await namespaceOf(SESSION))).toEqual(new Set([undefined, SESSION]));
  });

  test('a container that is not there is a failure', async () => {
    expect(await complaints('nobody')).toEqual([expect.stringMatching(/^failure container nobody: /)]);
  });
});

describe('what is broken is told', () => {
  test('the proxy is not on the network', async () => {
    await docker('network', 'disconnect', NETWORK, PROXY);
    expect(await complaints()).toContainEqual(expect.stringMatching(/^failure proxy: kasm_proxy is not on/));
    await docker('network', 'connect', NETWORK, PROXY);
    await isFineAgain();
  });

  test('a container without a launch script is a warning', async () => {
    await runContainer('waiting');
    try {
      await waitForState('waiting', 'blocked');
      expect(await complaints()).toEqual([expect.stringMatching(/^warning session-state waiting: blocked/)]);
    } finally {
      await docker('rm', '-f', 'waiting');
    }
  });

  test('a session that has failed says why', async () => {
    const client = await world.lab.gateway(1).addClient();
    const config = client.text.replace(/^Endpoint.*$/m, 'Endpoint = 203.0.113.99:51820');
    await putLaunchScript('deaf', { version: 1, egress: { type: 'wireguard', config }, deadline_seconds: 2 });
    await runContainer('deaf');
    try {
      await waitForState('deaf', 'failed');
      expect(await complaints('deaf')).toContainEqual(
        expect.stringMatching(/^failure session-state deaf: failed: .*\[[A-Z_]+\]$/),
      );
    } finally {
      await docker('rm', '-f', 'deaf');
    }
    await writeFile(NETWORK_LOG, '');
    await isFineAgain();
  });

  test('a session of type none is open, as it was asked for', async () => {
    await putLaunchScript('open', NO_TUNNEL);
    await runContainer('open');
    try {
      await waitForState('open', 'connected');
      expect(await complaints()).toEqual([]);
    } finally {
      await docker('rm', '-f', 'open');
    }
  });

  test('an error in the network log', async () => {
    const now = (await sh('date', '+%F %T')).trim();
    await appendFile(NETWORK_LOG, `${now} | ERROR | web-9 | something broke\n`);
    expect(await complaints()).toEqual([expect.stringMatching(/^failure network-log: errors: 1, .*something broke/)]);
    await writeFile(NETWORK_LOG, '');
    await isFineAgain();
  });

  test('/dev/net/tun is missing', async () => {
    await sh('mount', '-t', 'tmpfs', 'tmpfs', '/dev/net');
    try {
      expect(await complaints()).toEqual([expect.stringMatching(/^failure tun: it is not there/)]);
    } finally {
      await sh('umount', '/dev/net');
    }
  });

  test('keys that everybody may read', async () => {
    const file = `${RUN_FOLDER}/${await namespaceOf(SESSION)}/wg/wg.conf`;
    await chmod(file, 0o644);
    expect(await complaints()).toEqual([
      expect.stringMatching(/^failure vpn-config examined: .*wg.conf has mode 0644/),
    ]);
    await chmod(file, 0o600);
  });

  test('the proxy’s name leads elsewhere', async () => {
    const file = await docker('inspect', '-f', '{{.HostsPath}}', SESSION);
    const before = await readFile(file, 'utf8');
    await writeFile(file, before.replace(/^\S+(\s+proxy)$/m, '192.0.2.1$1'));
    expect(await complaints()).toEqual([expect.stringMatching(/^failure session-hosts examined: proxy is 192.0.2.1/)]);
    await writeFile(file, before);
  });
});

describe('while the sidecar is down', () => {
  test('it says so, and still looks at rules and containers', () =>
    whileStopped(async () => {
      const { exitCode, ill, checks } = await examine();
      expect(exitCode).toBe(1);
      expect(ill.map(({ id }) => id)).toEqual(['plugin', 'driver-socket', 'control-endpoint']);
      const fine = checks.filter(({ status }) => status === 'ok').map(({ id }) => id);
      expect(fine).toEqual(expect.arrayContaining(['host-rules', 'session-lock', 'session-guard', 'proxy-interface']));
    }));

  test('the host’s rules were flushed', () =>
    whileStopped(async () => {
      await sh('nft', 'delete', 'table', 'inet', 'kasm_sidecar');
      expect(await complaints()).toContainEqual(expect.stringMatching(/^failure host-rules: missing: nft table inet/));
    }));

  test('our chain of iptables was flushed', () =>
    whileStopped(async () => {
      await sh('ip6tables', '-F', 'KASM-SIDECAR');
      expect(await complaints()).toContainEqual(
        expect.stringMatching(/^failure host-rules: missing: br_kasm_sidecar in ip6tables KASM-SIDECAR/),
      );
    }));

  test('the lock was removed', () =>
    whileStopped(async () => {
      await dropLock(SESSION);
      expect(await complaints()).toContainEqual(
        expect.stringMatching(/^failure session-lock examined: IPv4: the policy of mangle INPUT is ACCEPT/),
      );
    }));

  test('somebody has put a rule before the lock’s', () =>
    whileStopped(async () => {
      await inNamespace(SESSION, 'ip6tables', '-t', 'mangle', '-I', 'OUTPUT', '-j', 'ACCEPT');
      expect(await complaints()).toContainEqual(
        expect.stringMatching(/^failure session-lock examined: IPv6: a rule lets too much by: -A OUTPUT -j ACCEPT/),
      );
    }));

  test('the guard was removed', () =>
    whileStopped(async () => {
      await removeGuard(await hostLinkOf(SESSION));
      expect(await complaints()).toContainEqual(
        expect.stringMatching(/^failure session-guard examined: ksh\w+ has no guard/),
      );
    }));
});

/** The doctor names it where the guard is fine. */
async function hostLinkOf(name: string): Promise<string> {
  const { checks } = await examine(name);
  return /ksh\w+/.exec(checks.find(({ id }) => id === 'session-guard')?.seen ?? '')?.[0] ?? '';
}

test('an engine that does not answer is one failure, and no stack trace', async () => {
  const { exitCode, stdout, stderr } = await kasmSidecarWith(['KASM_SIDECAR_DOCKER_SOCKET=/run/none.sock'], 'doctor');
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/FAILURE {2}engine +it does not answer/);
  expect(stdout).toMatch(/ok +session-lock/);
  expect(`${stdout}${stderr}`).not.toMatch(/^\s+at /m);
});

describe('a bundle for support', () => {
  test('tells of rules and routes, and holds no key, no password and no environment', async () => {
    const key = /^PrivateKey\s*=\s*(\S+)$/m.exec(
      await readFile(`${RUN_FOLDER}/${await namespaceOf(SESSION)}/wg/wg.conf`, 'utf8'),
    )?.[1];
    if (!key) throw new Error('the session has a key');
    const secrets = [key, 'tenants-own-secret'];
    const folder = await mkdtemp('/tmp/doctor-');
    try {
      const { exitCode, stderr } = await kasmSidecar('doctor', '--bundle', `${folder}/b.tar.gz`);
      expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`${folder}/b.tar.gz`)]);
      expect(await modeOf(`${folder}/b.tar.gz`)).toBe('0600 0:0');
      await sh('tar', '-xzf', `${folder}/b.tar.gz`, '-C', folder);
      const files = (await sh('find', `${folder}/kasm-sidecar-doctor`, '-type', 'f')).trim().split('\n');
      const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
      expect(texts.join('')).toContain('KASM-SIDECAR');
      expect(files).toContainEqual(expect.stringMatching(/sessions\/[0-9a-f]{12}\/iptables\.txt$/));
      expect(files.filter((_, index) => secrets.some((secret) => texts[index]?.includes(secret)))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the leak probe', () => {
  const probe = async (name = SESSION) =>
    (await examine('--probe', name)).checks
      .filter(({ id }) => id.startsWith('probe'))
      .map(({ status, id, seen }) => `${status} ${id}: ${seen}`);

  /** Counts what of the probe gets further into the host than the end of the wire. */
  const witness = async (): Promise<string> => {
    const { stdout } = await attempt(['nft', 'list', 'table', 'inet', 'witness']);
    return /packets (\d+)/.exec(stdout)?.[1] ?? 'nobody looked';
  };
  beforeAll(async () => {
    await sh('nft', 'add', 'table', 'inet', 'witness');
    await sh('nft', 'add chain inet witness pre { type filter hook prerouting priority -300; }');
    await sh('nft', 'add rule inet witness pre ip daddr 192.0.2.77 counter');
  });
  afterAll(() => sh('nft', 'delete', 'table', 'inet', 'witness'));

  test('of a healthy session: all goes into the tunnel, and each layer holds', async () => {
    expect(await probe()).toEqual([
      expect.stringMatching(/^ok probe-routes: [36] sent, into wg; none came out by another way$/),
      expect.stringMatching(/^ok probe-lock: none came out by k-p-\w+ \(.*EPERM.*\)$/),
      expect.stringMatching(/^ok probe-guard: ksh\w+: 6 frames arrived, 0 passed$/),
    ]);
    expect(await witness()).toBe('0');
    expect(await sh('nft', 'list', 'tables')).not.toContain('kasm_doctor');
  });

  test('of a session of type none is not made', async () => {
    await putLaunchScript('open', NO_TUNNEL);
    await runContainer('open');
    try {
      await waitForState('open', 'connected');
      expect(await probe('open')).toEqual([expect.stringMatching(/^skipped probe: it leaves by the host/)]);
    } finally {
      await docker('rm', '-f', 'open');
    }
  });

  test('without the lock, the guard holds, and it is told', () =>
    whileStopped(async () => {
      await dropLock(SESSION);
      expect(await probe()).toEqual([
        expect.stringMatching(/^ok probe-routes/),
        expect.stringMatching(/^failure probe-lock: the lock let \d packets by to k-p-\w+; none passed the guard$/),
        expect.stringMatching(/^ok probe-guard/),
      ]);
      expect(await witness()).toBe('0');
    }));

  test('without the guard, the lock holds, and what passes the lock is told and gets no further', () =>
    whileStopped(async () => {
      await removeGuard(await hostLinkOf(SESSION));
      expect(await probe()).toEqual([
        expect.stringMatching(/^ok probe-routes/),
        expect.stringMatching(/^ok probe-lock/),
        expect.stringMatching(/^failure probe-guard: LEAK: 6 frames passed the guard of ksh\w+; dropped there$/),
      ]);
      expect(await witness()).toBe('0');
    }));
});
