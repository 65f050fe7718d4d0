import { z } from 'zod';
import type { Run } from './command.ts';
import { type Namespace, runInside } from './netns.ts';

/** Loads `text` as one transaction: all of it, or nothing. */
export async function loadNft(run: Run, text: string): Promise<void> {
  await run(['nft', '-f', '-'], { input: text });
}

const tables = z.object({
  nftables: z.array(z.object({ table: z.object({ family: z.string(), name: z.string() }).optional() })),
});

/** Names of the host's tables, as `family name`. */
export async function listTables(run: Run): Promise<string[]> {
  const { stdout } = await run(['nft', '--json', 'list', 'tables']);
  return tables
    .parse(JSON.parse(stdout))
    .nftables.flatMap(({ table }) => (table ? [`${table.family} ${table.name}`] : []));
}

/** Absent is success: naming a table first makes it, so that the deletion can't fail. */
export async function removeTable(run: Run, family: 'netdev' | 'inet', name: string): Promise<void> {
  await loadNft(run, `table ${family} ${name}\ndelete table ${family} ${name}\n`);
}

const ruleset = z.object({
  nftables: z.array(
    z.object({
      chain: z.object({ family: z.string(), table: z.string(), policy: z.string().optional() }).optional(),
      rule: z.object({ family: z.string(), table: z.string() }).optional(),
    }),
  ),
});

/** For each table of a namespace, as `family name`, how many rules it has, and how many chains that drop by default. */
export async function summariseRuleset(
  run: Run,
  namespace: Namespace,
): Promise<Readonly<Record<string, { rules: number; drops: number }>>> {
  const { stdout } = await runInside(run, namespace, ['nft', '--json', 'list', 'ruleset']);
  const tables: Record<string, { rules: number; drops: number }> = {};
  for (const { chain, rule } of ruleset.parse(JSON.parse(stdout)).nftables) {
    const owner = chain ?? rule;
    if (!owner) continue;
    const name = `${owner.family} ${owner.table}`;
    const { rules = 0, drops = 0 } = tables[name] ?? {};
    tables[name] = { rules: rules + (rule ? 1 : 0), drops: drops + (chain?.policy === 'drop' ? 1 : 0) };
  }
  return tables;
}
