import { afterEach, expect, test } from 'vitest';
import { run } from '../../src/sidecar/host/command.ts';
import { nftByLibrary } from '../../src/sidecar/host/libnftables.ts';
import { attempt, sh } from '../support/shell.ts';

const TABLE = 'kasm_sidecar_library';
const load = (input: string) => run(['nft', '-f', '-'], { input });
const list = ['nft', '--json', 'list', 'table', 'inet', TABLE] as const;

afterEach(() => attempt(['nft', 'delete', 'table', 'inet', TABLE]));

const rules = (last: string) => `table inet ${TABLE} {
  chain one {
    type filter hook input priority 0; policy accept;
    ip saddr { 192.0.2.1, 192.0.2.7-192.0.2.9 } tcp dport 443 counter accept comment "ours"
    ip6 daddr 2001:db8::/32 meta l4proto ipv6-icmp ${last}
  }
}
`;

test('a text is loaded as nft(8) loads it', async () => {
  expect(nftByLibrary(['nft', '-f', '-'], '')).toBeDefined();
  await load(rules('drop'));
  const ours = await sh('nft', 'list', 'table', 'inet', TABLE);
  await sh('nft', 'delete', 'table', 'inet', TABLE);
  await run(['sh', '-c', 'nft -f -'], { input: rules('drop') });
  expect(ours).toBe(await sh('nft', 'list', 'table', 'inet', TABLE));
});

test.each([
  ['can’t be read', rules('drop up'), 'syntax error'],
  ['the kernel refuses', `${rules('drop')}delete chain inet ${TABLE} two\n`, 'No such file or directory'],
])('of a text that %s nothing is loaded, and the reason is told', async (_, text, why) => {
  await load(rules('drop'));
  const before = await sh('nft', 'list', 'table', 'inet', TABLE);
  await expect(load(`flush table inet ${TABLE}\n${text}`)).rejects.toMatchObject({
    code: 'HOST_COMMAND_FAILED',
    message: expect.stringContaining(why),
  });
  expect(await sh('nft', 'list', 'table', 'inet', TABLE)).toBe(before);
  await load(rules('accept'));
});

test('a table is listed as nft(8) lists it, also after somebody else’s change', async () => {
  await load(rules('drop'));
  expect((await run(list)).stdout.trim()).toBe(await sh(...list));
  await sh('nft', 'add', 'chain', 'inet', TABLE, 'theirs');
  expect((await run(list)).stdout.trim()).toBe(await sh(...list));
  await sh('nft', 'delete', 'table', 'inet', TABLE);
  expect(await run(list, { okExitCodes: [1] })).toMatchObject({ exitCode: 1, stdout: '' });
});

test('many at once, of both kinds, each get their own answer', async () => {
  await load(rules('drop'));
  const loads = Array.from({ length: 20 }, (_, n) => load(`add chain inet ${TABLE} c${n}\n`));
  const refused = Array.from({ length: 5 }, () => load(`delete chain inet ${TABLE} none\n`));
  const lists = Array.from({ length: 20 }, () => run(list));
  const results = await Promise.allSettled([...loads, ...lists, ...refused]);
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual([
    ...Array(40).fill(true),
    ...Array(5).fill(false),
  ]);
  for (let n = 0; n < 20; n++) expect((await run(list)).stdout).toContain(`"name": "c${n}"`);
});
