export const STATUSES = ['ok', 'warning', 'failure', 'skipped'] as const;
export type Status = (typeof STATUSES)[number];

/** What one check says: what was seen, and what to do about it where it is not fine. */
export interface Judgement {
  readonly status: Status;
  readonly seen: string;
  readonly fix?: string;
}

export interface Finding extends Judgement {
  readonly id: string;
  readonly title: string;
  /** The container that it is about; none where it is about the host. */
  readonly subject?: string;
  /** Which question of Kasm's troubleshooting document it answers, by its number (docs/operations.md, "Checks"). */
  readonly question?: number;
}

export const ok = (seen: string): Judgement => ({ status: 'ok', seen });
export const warning = (seen: string, fix: string): Judgement => ({ status: 'warning', seen, fix });
export const failure = (seen: string, fix: string): Judgement => ({ status: 'failure', seen, fix });
/** It could not be looked at, and another check says why; or it does not apply here. */
export const skipped = (seen: string): Judgement => ({ status: 'skipped', seen });

const GRAVITY: Readonly<Record<Status, number>> = { skipped: 0, ok: 0, warning: 1, failure: 2 };
const VERDICTS = ['ok', 'warning', 'failure'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The worst of them. */
export const verdictOf = (findings: readonly Judgement[]): Verdict =>
  VERDICTS[Math.max(0, ...findings.map(({ status }) => GRAVITY[status]))] ?? 'failure';

export interface Report {
  readonly time: string;
  readonly verdict: Verdict;
  readonly checks: readonly Finding[];
}
