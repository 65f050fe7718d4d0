import { z } from 'zod';
import type { Run } from './command.ts';
import { type Namespace, runInside } from './netns.ts';

/** Loads `text` as one transaction: all of it, or nothing. */
export async function loadNft(run: Run, text: string): Promise<void> {
  await run(['nft', '-f', '-'], { input: text, commits: 1 });
}

const chains = z.object({ nftables: z.array(z.object({ chain: z.object({ table: z.string() }).optional() })) });

/**
 * Names of the host's tables that filter at a device. By their chains: nft(8) 1.0.6 reads every rule for `list tables`, which
 * takes six times as long with 100 of ours.
 */
export async function listDeviceTables(run: Run): Promise<string[]> {
  const { stdout } = await run(['nft', '--json', 'list', 'chains', 'netdev']);
  return [...new Set(chains.parse(JSON.parse(stdout)).nftables.flatMap(({ chain }) => (chain ? [chain.table] : [])))];
}

/** Absent is success: naming a table first makes it, so that the deletion can't fail. */
export const tableRemoval = (family: 'netdev' | 'inet', name: string): string =>
  `table ${family} ${name}\ndelete table ${family} ${name}\n`;

const ruleset = z.object({
  nftables: z.array(
    z.object({
      chain: z.object({ family: z.string(), table: z.string(), policy: z.string().optional() }).optional(),
      rule: z.object({ family: z.string(), table: z.string() }).optional(),
    }),
  ),
});

/** For each table, as `family name`, how many rules it has, and how many chains that drop by default. */
export type TableSummaries = Readonly<Record<string, { rules: number; drops: number }>>;

export async function summariseRuleset(run: Run, namespace: Namespace): Promise<TableSummaries> {
  return summarise((await runInside(run, namespace, ['nft', '--json', 'list', 'ruleset'])).stdout);
}

/** Of the host's tables that filter at a device. */
export async function summariseDeviceTables(run: Run): Promise<TableSummaries> {
  return summarise((await run(['nft', '--json', 'list', 'ruleset', 'netdev'])).stdout);
}

/** Of one of the host's tables; empty where it is absent. */
export async function summariseTable(run: Run, family: 'inet', name: string): Promise<TableSummaries> {
  const { stdout, exitCode } = await run(['nft', '--json', 'list', 'table', family, name], { okExitCodes: [1] }); // 1: no such table
  return exitCode === 0 ? summarise(stdout) : {};
}

function summarise(json: string): TableSummaries {
  const tables: Record<string, { rules: number; drops: number }> = {};
  for (const { chain, rule } of ruleset.parse(JSON.parse(json)).nftables) {
    const owner = chain ?? rule;
    if (!owner) continue;
    const name = `${owner.family} ${owner.table}`;
    const { rules = 0, drops = 0 } = tables[name] ?? {};
    tables[name] = { rules: rules + (rule ? 1 : 0), drops: drops + (chain?.policy === 'drop' ? 1 : 0) };
  }
  return tables;
}
