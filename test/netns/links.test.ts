import { expect, test } from 'vitest';
import { run } from '../../src/sidecar/host/command.ts';
import { readLinks } from '../../src/sidecar/host/links.ts';
import { sh } from '../support/shell.ts';
import { makeNamespace, Undo } from './wireguard-server.ts';

/** More than the kernel tells at once. */
const PAIRS = 150;

/** As ip(8) shows them. */
async function shown() {
  const links: { ifname: string; ifalias?: string; link_netnsid?: number; linkinfo?: { info_kind?: string } }[] =
    JSON.parse(await sh('ip', '-json', '-details', 'link', 'show'));
  return links.map(({ ifname: name, ifalias: alias, link_netnsid: farNamespace, linkinfo }) => ({
    name,
    ...(alias === undefined ? {} : { alias }),
    ...(linkinfo?.info_kind === undefined ? {} : { kind: linkinfo.info_kind }),
    ...(farNamespace === undefined ? {} : { farNamespace }),
  }));
}

test('hundreds of links are read as ip(8) shows them: kinds, aliases and where the other end is', async () => {
  const undo = new Undo();
  try {
    const namespace = await makeNamespace(undo);
    const lines = Array.from(
      { length: PAIRS },
      (_, index) => `link add name zl${index} type veth peer name zf${index}`,
    );
    lines.push(`link set dev zf0 netns ${namespace.path}`, 'link add name zlbridge type bridge');
    lines.push('link set dev zlbridge alias somebody’s:1');
    undo.add(() => run(['ip', 'link', 'delete', 'dev', 'zlbridge']));
    undo.add(() =>
      run(['ip', '-batch', '-'], {
        input: lines
          .slice(0, PAIRS)
          .map((_, i) => `link delete dev zl${i}\n`)
          .join(''),
      }),
    );
    await run(['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
    const found = await readLinks();
    expect(found).toEqual(await shown());
    expect(found.find(({ name }) => name === 'zl0')).toEqual({
      name: 'zl0',
      kind: 'veth',
      farNamespace: expect.any(Number),
    });
    expect(found.find(({ name }) => name === 'zlbridge')).toMatchObject({ kind: 'bridge', alias: 'somebody’s:1' });
  } finally {
    await undo.all();
  }
});
