/**
 * The lab for scripts: `node lab/main.ts up [GATEWAYS] | down | client-config N | openvpn-config N | cut N | restore N | visits`.
 * What `up` makes stays after the command, until `down`.
 */
import { createLab, openLab, removeLab } from './lab.ts';
import { startOpenVpnServer } from './openvpn-server.ts';

const USAGE =
  'usage: lab/main.ts up [GATEWAYS] | down | client-config N | openvpn-config N | cut N | restore N | visits';

class WrongUsage extends Error {}

function count(text: string | undefined): number {
  if (text === undefined || !/^[1-9]$/.test(text)) throw new WrongUsage(USAGE);
  return Number(text);
}

async function perform(verb: string | undefined, argument: string | undefined): Promise<string> {
  switch (verb) {
    case 'up': {
      const { site, gateways } = await createLab({ gateways: count(argument ?? '2') });
      return [`site ${site.v4}`, ...gateways.map(({ number, v4 }) => `gateway ${number} ${v4}`)].join('\n');
    }
    case 'down':
      await removeLab();
      return '';
    case 'client-config':
      return (await (await openLab()).gateway(count(argument)).addClient()).text.trimEnd();
    case 'openvpn-config': {
      const server = await startOpenVpnServer((await openLab()).names, count(argument));
      const identity = await server.issue('demo-client');
      return (await server.clientConfig({ identity, withoutLogin: true })).trimEnd();
    }
    case 'cut':
      await (await openLab()).gateway(count(argument)).cut();
      return '';
    case 'restore':
      await (await openLab()).gateway(count(argument)).restore();
      return '';
    case 'visits':
      return (await openLab()).site
        .visits()
        .map((visit) => JSON.stringify(visit))
        .join('\n');
    default:
      throw new WrongUsage(USAGE);
  }
}

try {
  const [verb, argument] = process.argv.slice(2);
  const text = await perform(verb, argument);
  if (text) console.log(text);
} catch (error) {
  console.error(`lab: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof WrongUsage ? 2 : 1;
}
