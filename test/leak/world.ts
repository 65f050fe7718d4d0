import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll } from 'vitest';
import { RESOLVER } from '../../lab/addresses.ts';
import type { Lab } from '../../lab/lab.ts';
import { attempt, sh } from '../support/shell.ts';
import type { Daemon } from '../support/sidecar.ts';
import { waitFor } from '../support/wait.ts';
import { useWorld } from '../support/world.ts';
import type { Network } from './network.ts';
import { createPlainNetwork, createSessionNetwork } from './network.ts';
import { Observer } from './observer.ts';

/** What a leak test works with. All of it is there once the file's first `beforeAll` has run. */
export interface LeakWorld {
  readonly sidecar: Daemon;
  readonly lab: Lab;
  readonly observer: Observer;
  readonly plain: Network;
  readonly sessions: Network;
}

const METADATA = ['169.254.169.254/32', 'fd00:ec2::254/128'];
const RESOLV_CONF = '/etc/resolv.conf';

/**
 * Makes the host as tempting as it gets: a resolver on loopback that knows the internet, as systemd-resolved and dnsmasq
 * are; a metadata address; IPv6 forwarding; and a plain network whose containers show what an unprotected one can do.
 */
export function useLeakWorld(): LeakWorld {
  const world = useWorld();
  let observer: Observer | undefined;
  let networks: { plain: Network; sessions: Network } | undefined;
  let resolvConf = '';

  beforeAll(async () => {
    resolvConf = await readFile(RESOLV_CONF, 'utf8');
    await startLoopbackResolver();
    for (const address of METADATA) await sh('ip', 'address', 'replace', address, 'dev', 'lo');
    await sh('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1');
    const plain = await createPlainNetwork();
    networks = { plain, sessions: await createSessionNetwork(plain) };
    observer = new Observer(world.lab.hostLink);
    await observer.start();
  });

  afterAll(async () => {
    await observer?.stop();
    for (const address of METADATA) await attempt(['ip', 'address', 'delete', address, 'dev', 'lo']);
    await sh('sh', '-c', 'kill $(cat /run/leak-dnsmasq.pid)');
    await writeFile(RESOLV_CONF, resolvConf);
  });

  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('not before `beforeAll`');
    return value;
  };
  return {
    sidecar: world.sidecar,
    get lab() {
      return world.lab;
    },
    get observer() {
      return there(observer);
    },
    get plain() {
      return there(networks).plain;
    },
    get sessions() {
      return there(networks).sessions;
    },
  };
}

/** Two addresses, because the engine looks at a lone 127.0.0.53 with other eyes. */
async function startLoopbackResolver(): Promise<void> {
  await sh(
    'dnsmasq',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--user=root',
    '--pid-file=/run/leak-dnsmasq.pid',
    '--bind-interfaces',
    '--listen-address=127.0.0.1,127.0.0.53',
    `--server=${RESOLVER.v4}`,
  );
  await writeFile(RESOLV_CONF, 'nameserver 127.0.0.1\nnameserver 127.0.0.53\n');
  await waitFor('the host’s resolver', () => sh('busybox', 'nslookup', 'site.test', '127.0.0.1'));
}
