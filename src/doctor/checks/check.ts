import type { Judgement } from '../finding.ts';
import type { ContainerView, Observation } from '../observation.ts';

/** One question, and the pure function that answers it from what was seen. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly question?: number;
  readonly judge: (seen: Observation) => Judgement;
}

/** The same, asked for each container on our networks that `of` names. */
export interface ContainerCheck {
  readonly id: string;
  readonly title: string;
  readonly question?: number;
  readonly of: 'session' | 'proxy';
  readonly judge: (container: ContainerView, seen: Observation) => Judgement;
}

export const listed = (words: readonly string[]): string => words.join(', ');
