/** Part of the contract: scripts rely on them. */
export const EXIT = { fine: 0, badNews: 1, wrongUsage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
