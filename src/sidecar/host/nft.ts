import { z } from 'zod';
import type { Run } from './command.ts';
import { type Namespace, runInside } from './netns.ts';

/** Loads `text` as one transaction: all of it, or nothing. */
export async function loadNft(run: Run, text: string): Promise<void> {
  await run(['nft', '-f', '-'], { input: text, commits: 1 });
}

const chains = z.object({
  nftables: z.array(z.object({ chain: z.object({ table: z.string(), name: z.string() }).optional() })),
});

/** Of one of the host's tables that filter at a device, the names of its chains. No rule is read for that. */
export async function listDeviceChains(run: Run, table: string): Promise<string[]> {
  const { stdout } = await run(['nft', '--json', 'list', 'chains', 'netdev']);
  return chains.parse(JSON.parse(stdout)).nftables.flatMap(({ chain }) => (chain?.table === table ? [chain.name] : []));
}

/** Absent is success: naming a table first makes it, so that the deletion can't fail. */
export const tableRemoval = (family: 'netdev' | 'inet', name: string): string =>
  `table ${family} ${name}\ndelete table ${family} ${name}\n`;

const ruleset = z.object({
  nftables: z.array(
    z.object({
      chain: z
        .object({ family: z.string(), table: z.string(), name: z.string(), policy: z.string().optional() })
        .optional(),
      rule: z.object({ family: z.string(), table: z.string(), chain: z.string() }).optional(),
    }),
  ),
});

/** For each table (as `family name`), or for each chain, how many rules it has, and how many chains that drop by default. */
export type Summaries = Readonly<Record<string, { rules: number; drops: number }>>;

export async function summariseRuleset(run: Run, namespace: Namespace): Promise<Summaries> {
  return summarise((await runInside(run, namespace, ['nft', '--json', 'list', 'ruleset'])).stdout, byTable);
}

/** Of one of the host's tables; empty where it is absent. */
export async function summariseTable(run: Run, family: 'inet', name: string): Promise<Summaries> {
  return summarise(await listTable(run, family, name), byTable);
}

/** Of the chains of one of the host's tables that filter at a device; empty where it is absent. */
export async function summariseDeviceChains(run: Run, name: string): Promise<Summaries> {
  return summarise(await listTable(run, 'netdev', name), byChain);
}

const NO_TABLE = '{"nftables":[]}';

async function listTable(run: Run, family: 'inet' | 'netdev', name: string): Promise<string> {
  const { stdout, exitCode } = await run(['nft', '--json', 'list', 'table', family, name], { okExitCodes: [1] }); // 1: no such table
  return exitCode === 0 ? stdout : NO_TABLE;
}

interface Piece {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}
const byTable = ({ family, table }: Piece): string => `${family} ${table}`;
const byChain = ({ chain }: Piece): string => chain;

function summarise(json: string, keyOf: (piece: Piece) => string): Summaries {
  const found: Record<string, { rules: number; drops: number }> = {};
  for (const { chain, rule } of ruleset.parse(JSON.parse(json)).nftables) {
    const piece = chain ? { ...chain, chain: chain.name } : rule;
    if (!piece) continue;
    const key = keyOf(piece);
    const { rules = 0, drops = 0 } = found[key] ?? {};
    found[key] = { rules: rules + (rule ? 1 : 0), drops: drops + (chain?.policy === 'drop' ? 1 : 0) };
  }
  return found;
}
