import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { docker } from './docker.ts';
import { attempt } from './shell.ts';

const ROOT = join(import.meta.dirname, '../..');
const TOOLS = ['wireguard-go', 'openvpn', 'iptables', 'runc'];

/** WireGuard's module is there where a device of its type can be made. */
async function kernelHasWireGuard(): Promise<boolean> {
  const argv = ['unshare', '--net', 'ip', 'link', 'add', 'name', 'trial', 'type', 'wireguard'] as const;
  return (await attempt([...argv])).exitCode === 0;
}

/** `iptables 1.8.9 (nf_tables)`; nothing of what is not installed. */
async function versionOf(tool: string): Promise<string[]> {
  const { stdout } = await attempt([tool, '--version']);
  const version = /\d+(\.\d+)+\S*( \((nf_tables|legacy)\))?/.exec(stdout)?.[0];
  return version === undefined ? [] : [`${tool} ${version}`];
}

/** `commit 3d2a492`, with a `+` where files differ from it; nothing where git is absent, or refuses. */
async function commit(): Promise<string[]> {
  const argv = ['git', '--no-optional-locks', '-C', ROOT, 'describe', '--always', '--exclude=*', '--dirty=+'] as const;
  const { exitCode, stdout } = await attempt([...argv]);
  return exitCode === 0 ? [`commit ${stdout}`] : [];
}

/** What everything ran on, and what was run. */
export async function describeMachine(): Promise<string> {
  const [cpu] = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const wireguard = (await kernelHasWireGuard()) ? 'in the kernel' : 'in user space (this kernel has no module)';
  return [
    `${cpus().length} × ${cpu?.model ?? 'unknown CPU'}, ${memory} GiB`,
    `Linux ${release()}`,
    `Docker ${await docker('version', '-f', '{{.Server.Version}}')}`,
    `Node ${process.version}`,
    `WireGuard ${wireguard}`,
    ...(await Promise.all(TOOLS.map(versionOf))).flat(),
    ...(await commit()),
  ].join('; ');
}
