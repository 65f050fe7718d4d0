/**
 * `node quickstart-probe.ts URL [RESOLVER…]`: asks URL once and prints what it answers. Names are resolved by the given
 * resolvers alone, so nothing of the machine's own configuration takes part.
 */
import { Resolver } from 'node:dns/promises';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

const DEADLINE_MS = 15_000;
const SHOWN_CHARACTERS = 500;

const [address = '', ...resolvers] = process.argv.slice(2);
const url = new URL(address);

async function resolve(name: string): Promise<string> {
  if (resolvers.length === 0) throw new Error(`no resolver is known inside the tunnel, so ${name} does not resolve`);
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  resolver.setServers(resolvers);
  const [first] = await resolver.resolve4(name);
  if (first === undefined) throw new Error(`${name} has no IPv4 address`);
  return first;
}

const host = url.hostname.replace(/^\[|\]$/g, '');
const found = isIP(host) ? host : await resolve(host);
const lookup: LookupFunction = (_name, options, done) => {
  const family = isIP(found);
  if (options.all) done(null, [{ address: found, family }]);
  else done(null, found, family);
};
const get = url.protocol === 'https:' ? getHttps : getHttp;
get(url, { lookup, signal: AbortSignal.timeout(DEADLINE_MS), headers: { 'user-agent': 'curl/8' } }, (response) => {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  response.on('end', () => {
    const shown = text.replaceAll(/[^\P{Cc}\n\t]/gu, '').trim();
    console.log(`${url} answers ${response.statusCode}:\n${shown.slice(0, SHOWN_CHARACTERS)}`);
  });
}).on('error', (error) => {
  console.error(`${url}: ${error.message}`);
  process.exitCode = 1;
});
