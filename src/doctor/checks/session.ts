import { TUNNEL_DEVICES } from '../../shared/names.ts';
import { failure, type Judgement, ok, skipped, warning } from '../finding.ts';
import { type ContainerView, isSeen, type Observation } from '../observation.ts';
import { type ContainerCheck, listed } from './check.ts';
import { startOf } from './sidecar.ts';

export const sessionChecks: readonly ContainerCheck[] = [
  { id: 'session-state', title: 'the tunnel is up', question: 3, of: 'session', judge: judgeState },
  { id: 'vpn-config', title: 'the VPN’s configuration file', question: 3, of: 'session', judge: judgeConfig },
  { id: 'session-interface', title: 'the container’s interface', question: 5, of: 'session', judge: judgeInterface },
  { id: 'session-routes', title: 'the container’s routes', question: 6, of: 'session', judge: judgeRoutes },
  { id: 'session-hosts', title: 'the proxy’s name in /etc/hosts', question: 7, of: 'session', judge: judgeHosts },
  { id: 'session-warnings', title: 'warnings of the session', of: 'session', judge: judgeWarnings },
];

/** Wanted without a tunnel (type none, or the network's policy): then the lock is open, and the guard wide. */
export const isOpen = ({ session }: Pick<ContainerView, 'session'>): boolean =>
  session !== undefined &&
  (session.state === 'connected' || session.state === 'reconnecting') &&
  (session.type === undefined || session.type === 'none');

/** Where nothing stands, and perhaps nobody is there to mend it. */
export const repairOf = ({ sidecar }: Observation): string =>
  isSeen(sidecar.version)
    ? 'The sidecar puts it back within some 25 s. If it stays away, the network log says why.'
    : `Nobody puts it back until the sidecar runs again: ${startOf(sidecar)}.`;

const isConnected = ({ session }: ContainerView): boolean => session?.state === 'connected';
const hasTunnel = (container: ContainerView): boolean => isConnected(container) && !isOpen(container);

const START_AGAIN = 'Start the container again; the network log says what the sidecar did with it.';

function judgeState(container: ContainerView, { sidecar }: Observation): Judgement {
  const { name, session } = container;
  if (!isSeen(sidecar.version)) return skipped('the sidecar was not asked');
  if (!session) return failure('the sidecar does not know this container', START_AGAIN);
  const { state, tunnel, reason } = session;
  const to = tunnel?.peer_address ? ` to ${tunnel.peer_address}` : '';
  const seen = `${state}${to}${reason ? `: ${reason.message} [${reason.code}]` : ''}`;
  switch (state) {
    case 'connected':
      return ok(isOpen(container) ? 'connected, without a tunnel, as was asked for' : seen);
    case 'blocked':
      return warning(seen, reason?.remedy ?? `It waits for a launch script: kasm-sidecar launch ${name} --config FILE`);
    case 'connecting':
      return warning(seen, reason?.remedy ?? 'Look again in a moment; it fails at its deadline, with a reason.');
    case 'reconnecting':
      return failure(seen, reason?.remedy ?? 'Its server does not answer; it keeps trying. The log has its lines.');
    case 'failed':
      return failure(seen, reason?.remedy ?? `Mend the cause, then: kasm-sidecar session ${name} --reconnect`);
    case 'ended':
      return skipped('it has ended');
  }
}

const PRIVATE = 0o600;

function judgeConfig(container: ContainerView): Judgement {
  const { config, name } = container;
  if (!config) return skipped('it has no tunnel that is made from a file');
  const { path, mode } = config;
  if (!isSeen(mode)) {
    if (!isConnected(container)) return skipped('there is none before the tunnel is made');
    return failure(`${path}: ${mode.problem}`, `kasm-sidecar session ${name} --reconnect`);
  }
  const text = mode.value.toString(8).padStart(4, '0');
  if (mode.value === PRIVATE) return ok(`${path} (${text})`);
  return failure(`${path} has mode ${text}, and may hold keys`, `chmod 0600 ${path}, and find out who changed it.`);
}

const WIRE = /^k-p-(?!p-)/;
const TUNNELS: readonly string[] = Object.values(TUNNEL_DEVICES);

function judgeInterface(container: ContainerView): Judgement {
  const { inside, name } = container;
  if (!isSeen(inside)) return failure(inside.problem, START_AGAIN);
  const { links } = inside.value;
  const link = links.find((one) => WIRE.test(one.name));
  if (!link) return failure(`none is called k-p-…; there are ${listed(links.map((one) => one.name))}`, START_AGAIN);
  if (!link.isUp) return failure(`${link.name} is down`, START_AGAIN);
  const flaw = container.wires.flatMap((wire) => flawOfEnd(wire) ?? [])[0];
  if (flaw) return failure(flaw, START_AGAIN);
  const tunnel = links.find((one) => TUNNELS.includes(one.name));
  if (hasTunnel(container) && !tunnel?.isUp) {
    const seen = tunnel ? `${tunnel.name}, the tunnel’s device, is down` : 'there is no tunnel device';
    return failure(seen, `kasm-sidecar session ${name} --reconnect`);
  }
  return ok(listed([link, ...(tunnel ? [tunnel] : [])].map((one) => `${one.name} ${one.addresses[0] ?? ''}`.trim())));
}

/** What is wrong with a wire's end on the host. */
export function flawOfEnd({ hostLink, bridge, end }: ContainerView['wires'][number]): string | undefined {
  if (!end) return `${hostLink}, its end on the host, is missing`;
  if (!end.isUp) return `${hostLink}, its end on the host, is down`;
  return end.master === bridge ? undefined : `${hostLink}, its end on the host, is not on ${bridge}`;
}

function judgeRoutes(container: ContainerView): Judgement {
  const { inside, name } = container;
  if (!isSeen(inside)) return skipped('its namespace was not found');
  const { routes, rules, tunnelRoutes } = inside.value;
  const own = routes.filter((route) => / dev k-p-(?!p-)/.test(route));
  if (own.length === 0) return failure(`none uses its interface: ${routes.join('; ') || 'there is none'}`, START_AGAIN);
  const main = own.find((route) => route.startsWith('default ')) ?? own[0] ?? '';
  if (!hasTunnel(container)) return ok(main);
  const again = `The sidecar puts it back within 6 s; else: kasm-sidecar session ${name} --reconnect`;
  if (!rules.some((rule) => rule.endsWith('lookup 51820')))
    return failure('no rule leads to the tunnel’s table 51820', again);
  const tunnel = tunnelRoutes.find((route) => TUNNELS.some((device) => route.includes(` dev ${device}`)));
  if (!tunnel) return failure('the tunnel’s table 51820 has no route into the tunnel', again);
  return ok(`${main}; asked first, table 51820: ${tunnel.replace(/ scope link$/, '')}`);
}

function judgeHosts({ apiHost, hosts, proxyAddress }: ContainerView): Judgement {
  if (!apiHost) return ok('it has no KASM_API_HOST, so it needs no line');
  if (/^[\d.]+$|:/.test(apiHost)) return ok(`KASM_API_HOST is an address, ${apiHost}`);
  if (!isSeen(hosts)) return skipped(`it can’t be read: ${hosts.problem}`);
  if (!proxyAddress) return skipped('the proxy has no address on the network; see check proxy');
  const line = hosts.value.split('\n').find((one) => one.trim().split(/\s+/).slice(1).includes(apiHost));
  const address = line?.trim().split(/\s+/)[0];
  if (address === proxyAddress) return ok(`${proxyAddress} ${apiHost}`);
  return failure(
    address ? `${apiHost} is ${address}; the proxy is ${proxyAddress}` : `KASM_API_HOST=${apiHost} has no line`,
    'docker network disconnect, then connect, the proxy: the sidecar writes it then; or start the container again.',
  );
}

function judgeWarnings({ session }: ContainerView): Judgement {
  if (!session) return skipped('the sidecar was not asked');
  if (session.warnings.length === 0) return ok('none');
  return warning(session.warnings.join(' '), 'See docs/operations.md, "What to do when".');
}
