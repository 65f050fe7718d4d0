import { z } from 'zod';
import type { Run } from './command.ts';

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
