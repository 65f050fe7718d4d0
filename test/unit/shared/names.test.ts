import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as names from '../../../src/shared/names.ts';

test('every name of a link fits the kernel, and comes out the same each time', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (id) => {
      const all = [
        names.bridgeName(id),
        names.hostLinkName(id),
        names.containerLinkName(id),
        names.tunnelName(id),
        `${names.sessionLinkPrefix(id)}0`,
        `${names.proxyLinkPrefix(id)}0`,
      ];
      for (const name of all) expect(name).toMatch(/^[a-z0-9_-]{1,15}$/);
      expect(names.hostLinkName(id)).toBe(names.hostLinkName(id));
    }),
  );
});

test('a session link is k-p- and six digits with the number that Docker adds', () => {
  expect(`${names.sessionLinkPrefix('x')}0`).toMatch(/^k-p-[0-9a-f]{6}$/);
  expect(`${names.proxyLinkPrefix('x')}0`).toMatch(/^k-p-p-[0-9a-f]{6}$/);
});
