import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account, Recipe } from './recipe.ts';

/** Waits for each step's sign; see `Recipe`. */
const FIRST_PROCESS = `set -e
rm -f /vpn/done-*
for step in rules tunnel; do
  until [ -e /vpn/go-$step ]; do sleep 0.05; done
  . /vpn/$step
  touch /vpn/done-$step
done
# Bash, and not sleep, is told of processes that died.
while true; do sleep 3600 & wait $!; done
`;

/** As resolvconf does it, which wg-quick calls: the tunnel's resolvers instead of Docker's. In place, for it is a mount. */
const RESOLVCONF = `#!/usr/bin/bash
[ "$1" != -a ] || { text=$(cat); printf '%s\\n' "$text" >/etc/resolv.conf; }
`;

/** What its documents ask for stands as an argument of \`docker run\`; /proc/sys can't be written in a container. */
const SYSCTL = '#!/usr/bin/bash\nexit 0\n';

/** First of all: /usr/sbin/ip leads to /bin/ip, which is busybox here. */
const PATH = '/usr/bin:/usr/sbin:/bin';

/** Arguments of `docker run` of every VPN container whose /vpn is `folder`. */
export const asVpn = (folder: string): string[] => [
  ...['--mount', `type=bind,src=${folder},dst=/vpn`],
  ...['--mount', 'type=bind,src=/etc/alternatives,dst=/etc/alternatives,readonly'],
  ...['-e', `PATH=/vpn/bin:${PATH}`],
];

/** Makes a VPN container's /vpn. */
export async function layOut(recipe: Recipe, account: Account): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vpn-'));
  await mkdir(join(folder, 'bin'));
  const files = {
    ...recipe.files(account),
    'first-process': FIRST_PROCESS,
    'bin/resolvconf': RESOLVCONF,
    'bin/sysctl': SYSCTL,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o700 });
  await chmod(folder, 0o700);
  return folder;
}
