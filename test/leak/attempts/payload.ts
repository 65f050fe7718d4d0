import type { Mark } from '../case.ts';

export const hex = (bytes: Buffer): string => bytes.toString('hex');

/** What a probe carries, so that it is known wherever it appears. */
export const data = ({ tag }: Pick<Mark, 'tag'>): Buffer => Buffer.from(`leak ${tag};`);
export const payload = (mark: Pick<Mark, 'tag'>): string => hex(data(mark));
