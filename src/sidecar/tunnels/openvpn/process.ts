import { readFile } from 'node:fs/promises';
import { EgressError } from '../../../shared/errors.ts';
import type { Run } from '../../host/command.ts';
import { type ProcessIdentity, startDaemon } from '../../host/process.ts';
import type { HostPlace } from '../tunnel.ts';
import { configFile, logFile, socketFile } from './files.ts';
import type { OpenVpnSettings } from './settings.ts';
import { SIGNER_ABILITIES } from './signer.ts';
import { SIGNS_OUTSIDE } from './versions.ts';

/** As a number that compares: 2.6 is 206. */
export async function readVersion(run: Run, binary: string): Promise<number> {
  const { stdout } = await run([binary, '--version'], { okExitCodes: [1] }); // 1: before 2.5 it always ended so
  const [, major = '2', minor = '5'] = /^OpenVPN (\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) * 100 + Number(minor);
}

/**
 * What we decide comes after `--config`, since for most options OpenVPN takes the last one: no program is run, no address
 * and no route is set by OpenVPN itself, and every secret goes by the management socket. Only defaults come before it.
 */
export function planArguments(
  { folder, hostDevice }: HostPlace,
  { privateKey }: Pick<OpenVpnSettings, 'privateKey'>,
  version: number,
): string[] {
  const options: (readonly string[])[] = [
    ['connect-timeout', '4'], // until the first answer of one remote, where the config has no other; then the next one's turn comes
    ['config', configFile(folder)],
    ['client'],
    ['dev', hostDevice],
    ['dev-type', 'tun'],
    ['script-security', '0'],
    ['ifconfig-noexec'],
    ['route-noexec'],
    ['allow-recursive-routing'], // no packet comes back here: the server's own address is a destination like any other
    ['management', socketFile(folder), 'unix'],
    ['management-client-user', 'root'],
    ['management-hold'],
    ['management-query-passwords'],
    ...(privateKey && version >= SIGNS_OUTSIDE ? [['management-external-key', ...SIGNER_ABILITIES]] : []),
    ['auth-retry', 'none'], // else wrong credentials are tried for ever
    ['persist-tun'],
    ['persist-key'],
    ['nobind'],
    ['socket-flags', 'TCP_NODELAY'], // for TCP alone: a login is many small packets, each of which waited for an answer to the last
    ['connect-retry', '1', '5'],
    ['hand-window', '20'],
    ['verb', '3'], // the lowest that logs what the server pushed
    ['mute', '30'], // whoever sends junk could fill the host's memory with one line
    ...(version >= 206 ? [['disable-dco']] : []),
    ...(version >= 207 ? [['dns-updown', 'disable']] : []),
  ];
  return options.flatMap(([name, ...values]) => [`--${name}`, ...values]);
}

/** @throws EgressError TUNNEL_DEVICE_FAILED where it could not be started at all */
export async function startOpenVpn(
  binary: string,
  place: HostPlace,
  argv: readonly string[],
): Promise<ProcessIdentity> {
  try {
    return await startDaemon([binary, ...argv], { logFile: logFile(place.folder) });
  } catch (cause) {
    throw new EgressError('TUNNEL_DEVICE_FAILED', `starting ${binary}: ${await lastLine(place.folder)}`, { cause });
  }
}

/** Says nothing of why, or shows what we sent. */
const UNHELPFUL = /Use --help for more information|Exiting due to fatal error|MANAGEMENT: /;

/** What it said last that helps. */
export async function lastLine(folder: string): Promise<string> {
  const text = await readFile(logFile(folder), 'utf8').catch(() => '');
  const lines = text
    .trim()
    .split('\n')
    .filter((line) => !UNHELPFUL.test(line));
  return lines.at(-1)?.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, '') || 'it ended at once';
}
