import type { LaunchScript } from '../../../shared/launch-script.ts';
import { Secret } from '../../../shared/secret.ts';
import { Findings } from '../findings.ts';
import type { Notice } from '../tunnel.ts';
import { readCiphers } from './ciphers.ts';
import { readCompression } from './compression.ts';
import { liftCommon, readConnections } from './connections.ts';
import { readCredentials, renderLockedKey, renderQuestions, signingKey, throwIfKeyIsMissing } from './credentials.ts';
import { readKept, withoutWrongTransport } from './kept.ts';
import { readMaterial } from './material.ts';
import { readPushed } from './pushed.ts';
import { readRemotes } from './remotes.ts';
import { describeRemote, type OutputLine, renderConfig } from './render.ts';
import { readResolvers } from './resolvers.ts';
import { checkRole, noteEnvironment } from './role.ts';
import { type Selection, select } from './selection.ts';
import type { OpenVpnSettings } from './settings.ts';
import { readTimers } from './timers.ts';
import { readTls } from './tls.ts';
import { tokenise } from './tokens.ts';

/**
 * Turns the text of a config into settings. A config of OpenVPN can run programs, and read and write files: nothing of
 * the text goes on as it is. @throws EgressError CONFIG_INVALID with an entry for each wrong line, or KEY_MISSING.
 */
export function parseOpenVpn(egress: LaunchScript['egress']): OpenVpnSettings {
  const findings = new Findings();
  if (egress.config === undefined) findings.refuse(undefined, 'type openvpn needs a config');
  findings.throwIfRefused();
  const selection = select(tokenise(egress.config?.reveal() ?? '', findings), findings);
  const connections = readConnections(selection, findings);
  liftCommon(selection, connections, findings);
  checkRole(selection, findings);
  noteEnvironment(selection, findings);
  const remotes = readRemotes(selection, connections, findings);
  const lines = withoutWrongTransport(readLines(selection, findings), remotes, findings);
  const { key, ...credentials } = readCredentials(selection, egress.credential ?? {}, findings);
  const resolvers = readResolvers(selection, egress, findings);
  findings.throwIfRefused();
  throwIfKeyIsMissing(selection, key);
  return {
    config: new Secret(renderConfig([...lines, ...renderLockedKey(key)])),
    remotes,
    remoteRandom: selection.has('remote-random'),
    privateKey: signingKey(key),
    ...credentials,
    pushed: readPushed(selection, resolvers.dns.length > 0),
    tunMtu: readTunMtu(lines),
    ...resolvers,
    peers: [...new Set(remotes.map(describeRemote))],
    notices: inOrder(findings.notices),
  };
}

function readLines(selection: Selection, findings: Findings): OutputLine[] {
  return [
    ...readKept(selection, findings),
    ...readTls(selection, findings),
    ...readCiphers(selection, findings),
    ...readCompression(selection, findings),
    ...readTimers(selection, findings),
    ...readMaterial(selection, findings),
    ...renderQuestions(selection),
  ];
}

/** As the lines of the config; what is about all of it comes last. */
const inOrder = (notices: readonly Notice[]): readonly Notice[] =>
  notices.toSorted((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER));

function readTunMtu(lines: readonly OutputLine[]): number | undefined {
  const value = lines.find(({ name }) => name === 'tun-mtu')?.args?.[0];
  return value === undefined ? undefined : Number(value);
}
