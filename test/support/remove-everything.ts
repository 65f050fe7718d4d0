import { docker, tryDocker } from './docker.ts';
import { startEngine, stopEngine } from './engine.ts';

const lines = (text: string): string[] => text.split('\n').filter(Boolean);

/** Ends all containers and all networks of ours, whatever tests left. */
export async function removeEverything(): Promise<void> {
  const containers = lines(await docker('ps', '-aq'));
  if (containers.length > 0) await tryDocker('rm', '-f', '-v', ...containers);
  for (const network of lines(await docker('network', 'ls', '-q', '--filter', 'type=custom'))) {
    const { exitCode, stderr } = await tryDocker('network', 'rm', network);
    if (exitCode === 0) continue;
    console.error(stderr);
    await forgetEndpoints(network);
    if ((await tryDocker('network', 'rm', network)).exitCode !== 0) await removeByNewEngine(network);
  }
}

/** Docker 20.10 now and then counts an endpoint that it does not list; when it starts, it counts anew. */
async function removeByNewEngine(network: string): Promise<void> {
  await stopEngine();
  await startEngine();
  await tryDocker('network', 'rm', network);
}

/** An engine that was killed, or whose plugin was, may know endpoints of containers that are long gone. */
async function forgetEndpoints(network: string): Promise<void> {
  const names = await docker('network', 'inspect', '-f', '{{range .Containers}}{{println .Name}}{{end}}', network);
  for (const name of lines(names)) await tryDocker('network', 'disconnect', '-f', network, name);
}
