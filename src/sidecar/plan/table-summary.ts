import type { Lock } from './lock.ts';

/** How a table looks from afar: enough to see that somebody has flushed it, changed a policy, or put a rule before ours. */
export interface TableSummary {
  readonly rules: number;
  /** Chains with policy DROP. */
  readonly drops: number;
}

/** By family and table, as nft(8) names them: `ip mangle`. */
export type TableSummaries = Readonly<Record<string, TableSummary>>;

export const summariseLock = ({ v4, v6 }: Lock): TableSummaries => ({
  ...summariseFamily('ip', v4),
  ...summariseFamily('ip6', v6),
});

const summariseFamily = (family: 'ip' | 'ip6', text: string): TableSummaries =>
  Object.fromEntries(
    text
      .split('*')
      .slice(1)
      .map((table) => {
        const lines = table.split('\n');
        const rules = lines.filter((line) => line.startsWith('-A ')).length;
        const drops = lines.filter((line) => /^:\S+ DROP/.test(line)).length;
        return [`${family} ${lines[0]}`, { rules, drops }];
      }),
  );

/** Of one table's text for nft(8), as `planGuard` and `planHostTable` write it: a rule a line, indented within its chain. */
export function summariseText(text: string): TableSummary {
  const lines = text.split('\n');
  return {
    rules: lines.filter((line) => /^ {4}(?!type )/.test(line)).length,
    drops: lines.filter((line) => line.includes('policy drop;')).length,
  };
}
