import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { run } from '../src/sidecar/host/command.ts';
import type { LabNames } from './addresses.ts';
import { gatewayAddresses, HOST, labNames, RESOLVER, ROUTER, SITE } from './addresses.ts';
import type { Gateway, GatewayState } from './gateway.ts';
import { openGateway, startGateway } from './gateway.ts';
import { addNamespace, addressLines, ipBatch, namespaces, removeNamespace } from './namespace.ts';
import type { Visit } from './site.ts';
import { hostQueries, pointName, startSite, visits } from './site.ts';
import { openUplink, routeHostThrough, type Uplink } from './uplink.ts';

export interface LabOptions {
  readonly gateways: number;
  /** Names in the kernel begin with it. */
  readonly prefix?: string;
  /** The lab is all the internet there is: the host's default routes lead into it. Never on somebody's real host. */
  readonly defaultRoute?: boolean;
}

/** A little internet beside the host: a site, a resolver, and gateways with WireGuard servers. */
export interface Lab {
  readonly names: LabNames;
  /** The host's wire into the lab: what is not seen here has not left the host. */
  readonly hostLink: string;
  readonly site: { readonly v4: string; readonly v6: string; visits(): Visit[] };
  /** The host's own resolver; what it was asked for came past every tunnel. */
  readonly resolver: {
    readonly v4: string;
    readonly v6: string;
    queries(): string[];
    /** From now on the gateway's name (`gw1.test`) stands for this address. */
    point(name: string, address: string): Promise<void>;
  };
  readonly uplink: Uplink;
  readonly gateways: readonly Gateway[];
  /** Counted from 1. */
  gateway(number: number): Gateway;
  remove(): Promise<void>;
}

interface LabState {
  readonly prefix: string;
  readonly gateways: readonly GatewayState[];
}

/** One machine on the lab's internet: a namespace whose eth0 ends in the switch as `port`. */
async function plugIn(names: LabNames, namespace: string, port: string, addresses: readonly string[]): Promise<void> {
  await addNamespace(namespace);
  await run([
    'ip',
    'link',
    'add',
    'name',
    port,
    'netns',
    names.wan,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    namespace,
  ]);
  await ipBatch(names.wan, [`link set dev ${port} master switch up`]);
  await ipBatch(namespace, [...addressLines('eth0', ...addresses), 'link set dev eth0 up']);
}

/**
 * The switch stands in a namespace of its own, so the host is a machine like the others: its firewall and Docker's
 * bridge filter see what goes in and out by its own wire, and nothing else.
 */
async function makeInternet(names: LabNames, gateways: number): Promise<void> {
  await addNamespace(names.wan);
  await ipBatch(names.wan, [
    'link add name switch type bridge',
    ...addressLines('switch', `${ROUTER.v4}/24`, `${ROUTER.v6}/64`),
    'link set dev switch up',
  ]);
  await run(['ip', 'link', 'add', 'name', names.wan, 'type', 'veth', 'peer', 'name', 'host', 'netns', names.wan]);
  await ipBatch(names.wan, ['link set dev host master switch up']);
  await ipBatch(undefined, [
    ...addressLines(names.wan, `${HOST.v4}/24`, `${HOST.v6}/64`),
    `link set dev ${names.wan} up`,
  ]);
  const siteAddresses = [`${SITE.v4}/24`, `${SITE.v6}/64`, `${RESOLVER.v4}/24`, `${RESOLVER.v6}/64`];
  await plugIn(names, names.site, 'site', siteAddresses);
  for (let number = 1; number <= gateways; number++) {
    const { v4, v6 } = gatewayAddresses(number);
    await plugIn(names, names.gateway(number), `gw${number}`, [`${v4}/24`, `${v6}/64`]);
  }
}

const stateFile = (names: LabNames): string => `${names.folder}/state.json`;

/** Makes a lab; what an earlier one of that prefix left is removed first. It outlives this process. */
export async function createLab({ gateways, prefix, defaultRoute = false }: LabOptions): Promise<Lab> {
  const names = labNames(prefix);
  await removeLab(prefix);
  await mkdir(names.folder, { recursive: true, mode: 0o700 });
  try {
    await makeInternet(names, gateways);
    if (defaultRoute) await routeHostThrough(names.wan);
    const numbers = Array.from({ length: gateways }, (_, index) => index + 1);
    const [states] = await Promise.all([
      Promise.all(numbers.map((number) => startGateway(names, number))),
      startSite(names, gateways),
    ]);
    const state: LabState = { prefix: names.prefix, gateways: states };
    await writeFile(stateFile(names), `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  } catch (cause) {
    await removeLab(prefix);
    throw cause;
  }
  return openLab(prefix);
}

/** Handle on a lab that any process made. */
export async function openLab(prefix?: string): Promise<Lab> {
  const names = labNames(prefix);
  if (!existsSync(stateFile(names))) throw new Error(`no lab is up (${stateFile(names)} is missing)`);
  const state = JSON.parse(await readFile(stateFile(names), 'utf8')) as LabState;
  const gateways = state.gateways.map((gateway) => openGateway(names, gateway));
  return {
    names,
    hostLink: names.wan,
    site: { ...SITE, visits: () => visits(names) },
    resolver: {
      ...RESOLVER,
      queries: () => hostQueries(names),
      point: (name, address) => pointName(names, name, address),
    },
    uplink: openUplink(names),
    gateways,
    gateway: (number) => {
      const gateway = gateways[number - 1];
      if (gateway === undefined) throw new Error(`the lab has gateways 1 to ${gateways.length}, not ${number}`);
      return gateway;
    },
    remove: () => removeLab(prefix),
  };
}

/** Removes a lab by its names alone, however much of it there is. Absent is success. */
export async function removeLab(prefix?: string): Promise<void> {
  const names = labNames(prefix);
  await run(['ip', 'link', 'delete', 'dev', names.wan], { okExitCodes: [1] }); // 1: no such device
  for (const namespace of await namespaces()) {
    if (namespace.startsWith(`${names.prefix}-`)) await removeNamespace(namespace);
  }
  await rm(names.folder, { recursive: true, force: true });
}
