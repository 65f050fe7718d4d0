import { DEFAULT_NETWORK } from '../../shared/names.ts';
import { FORWARD_CHAIN, HOST_TABLE } from '../../sidecar/plan/host-firewall.ts';
import { failure, type Judgement, ok, skipped, warning } from '../finding.ts';
import { isSeen, type NetworkView, type Observation, type Seen } from '../observation.ts';
import { type Check, listed } from './check.ts';
import { startOf } from './sidecar.ts';

export const networkChecks: readonly Check[] = [
  { id: 'network', title: 'a network of this plugin', judge: judgeNetwork },
  { id: 'bridge', title: 'its bridge on the host', judge: judgeBridge },
  { id: 'host-rules', title: 'the host’s own rules', judge: judgeHostRules },
  { id: 'proxy', title: 'the proxy runs, and is on the network', judge: judgeProxy },
];

function judgeNetwork({ engine, networks, sidecar }: Observation): Judgement {
  if (!isSeen(engine)) return skipped('the engine was not asked');
  const driver = sidecar.plugin?.name ?? 'kasm-sidecar';
  const isOurs = (id: string) => networks.some((network) => network.id === id);
  const foreign = engine.value.networks.find(({ id, name }) => name === DEFAULT_NETWORK && !isOurs(id));
  if (foreign) {
    return failure(
      `${DEFAULT_NETWORK} has driver ${foreign.driver}, not ${driver}: its containers have no egress of their own`,
      `docker network rm ${DEFAULT_NETWORK}; docker network create -d ${driver} ${DEFAULT_NETWORK}`,
    );
  }
  if (networks.length === 0) return failure('there is none', `docker network create -d ${driver} ${DEFAULT_NETWORK}`);
  return ok(listed(networks.map(({ name, subnets }) => `${name} (${subnets.join(', ')})`)));
}

function judgeBridge({ networks, sidecar }: Observation): Judgement {
  if (networks.length === 0) return skipped('there is no network');
  const ill = networks.filter(({ bridgeIsUp }) => bridgeIsUp !== true);
  if (ill.length === 0) return ok(listed(networks.map(({ bridge }) => `${bridge} is up`)));
  const stateOf = ({ bridgeIsUp }: NetworkView) => (bridgeIsUp === false ? 'down' : 'missing');
  return failure(
    listed(ill.map((network) => `${network.bridge} of ${network.name} is ${stateOf(network)}`)),
    `The sidecar makes it again while it runs, at the latest at its start (${startOf(sidecar)}).`,
  );
}

function judgeHostRules(seen: Observation): Judgement {
  const { networks, sidecar } = seen;
  if (networks.length === 0) return skipped('there is no network');
  const missing = networks.flatMap((network) => missingRule(network, seen) ?? []);
  if (missing.length === 0) return ok(`nft table inet ${HOST_TABLE}; ${FORWARD_CHAIN} of iptables and ip6tables`);
  return failure(
    `missing: ${missing[0]}`,
    `The sidecar loads it again within 30 s while it runs (${startOf(sidecar)}). If it vanishes again, something flushes the host’s rules.`,
  );
}

/** What a bridge needs and does not have: the first that is missing. */
function missingRule({ bridge, table, forward4, forward6 }: NetworkView, { host }: Observation): string | undefined {
  if (!isSeen(table)) return `nft table inet ${HOST_TABLE}`;
  const open = ['input', 'forward'].find((chain) => !dropsFrom(bridge, chainOf(table.value, chain)));
  if (open) return `the drop from ${bridge} in chain ${open} of nft table inet ${HOST_TABLE}`;
  const gap = gapOf('iptables', forward4, bridge) ?? gapOf('ip6tables', forward6, bridge);
  return gap && `${gap}${host.bridgeNetfilter === '1' ? ', so no session reaches its proxy' : ''}`;
}

/** Lines of one chain, as nft(8) writes it: it ends with a brace that stands alone. */
function chainOf(table: string, chain: string): string[] {
  const lines = table.split('\n').map((line) => line.trim());
  const start = lines.indexOf(`chain ${chain} {`);
  return start === -1 ? [] : lines.slice(start + 1, lines.indexOf('}', start));
}

/** `iifname "br" counter packets 0 bytes 0 drop`, or with several bridges in braces. */
const dropsFrom = (bridge: string, chain: readonly string[]): boolean =>
  chain.some((line) => line.includes(`"${bridge}"`) && /^iifname (\{[^}]*\}|"[^"]*") counter .* drop$/.test(line));

function gapOf(program: string, rules: Seen<string>, bridge: string): string | undefined {
  if (!isSeen(rules)) return `rules of ${program}, which can’t be read (${rules.problem})`;
  const lines = rules.value.split('\n');
  const jumps = lines.some((line) => line.startsWith('-A FORWARD ') && line.endsWith(`-j ${FORWARD_CHAIN}`));
  if (!jumps) return `the jump from ${program} FORWARD to ${FORWARD_CHAIN}`;
  const accepts = lines.some((line) => line.startsWith(`-A ${FORWARD_CHAIN} -i ${bridge} -o ${bridge} `));
  return accepts ? undefined : `${bridge} in ${program} ${FORWARD_CHAIN}`;
}

function judgeProxy({ engine, networks }: Observation): Judgement {
  if (!isSeen(engine)) return skipped('the engine was not asked');
  if (networks.length === 0) return skipped('there is no network');
  return worstOf(
    networks.map(({ id, name, proxy }) => {
      const container = engine.value.containers.find((one) => one.name === proxy);
      if (!container) {
        return warning(
          `there is no container ${proxy}; sessions on ${name} reach no proxy`,
          `With Kasm: start it, then docker network connect ${name} ${proxy}. Without Kasm nothing is missing.`,
        );
      }
      if (!container.running) return failure(`${proxy} does not run`, `docker start ${proxy}`);
      if (container.endpoints.some(({ networkId }) => networkId === id)) return ok(`${proxy} is on ${name}`);
      return failure(`${proxy} is not on ${name}`, `docker network connect ${name} ${proxy}`);
    }),
  );
}

const worstOf = (judgements: readonly Judgement[]): Judgement =>
  judgements.find(({ status }) => status === 'failure') ??
  judgements.find(({ status }) => status === 'warning') ??
  ok(listed(judgements.map(({ seen }) => seen)));
