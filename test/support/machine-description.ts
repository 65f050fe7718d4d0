import { cpus, release, totalmem } from 'node:os';
import { docker } from './docker.ts';
import { attempt } from './shell.ts';

/** WireGuard's module is there where a device of its type can be made. */
async function kernelHasWireGuard(): Promise<boolean> {
  const argv = ['unshare', '--net', 'ip', 'link', 'add', 'name', 'trial', 'type', 'wireguard'] as const;
  return (await attempt([...argv])).exitCode === 0;
}

/** What everything ran on. */
export async function describeMachine(): Promise<string> {
  const [cpu] = cpus();
  const engine = await docker('version', '-f', '{{.Server.Version}}');
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const wireguard = (await kernelHasWireGuard()) ? 'in the kernel' : 'in user space (this kernel has no module)';
  return `${cpus().length} × ${cpu?.model ?? 'unknown CPU'}, ${memory} GiB; Linux ${release()}; Docker ${engine}; Node ${process.version}; WireGuard ${wireguard}`;
}
