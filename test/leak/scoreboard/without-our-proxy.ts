import type { Group } from '../case.ts';
import { proxy } from '../cases/proxy.ts';

/** Cases of an exception that only our networks have. */
export const withoutOurProxy = (all: readonly Group[]): Group[] => all.filter(({ name }) => name !== proxy.name);
