import { describe, expect, test } from 'vitest';
import type { Link } from '../../../src/sidecar/host/links.ts';
import { foreignLinks } from '../../../src/sidecar/sessions/foreign-links.ts';

const veth = (name: string, farNamespace?: number): Link => ({
  name,
  kind: 'veth',
  ...(farNamespace === undefined ? {} : { farNamespace }),
});

describe('foreignLinks', () => {
  const sessions = { own: ['ksh1', 'ksh2', 'kshproxy'], closed: ['ksh1', 'ksh2'] };

  test('finds the other wires of closed sessions, and of nobody else', () => {
    const links = [
      veth('ksh1', 1),
      veth('veth1', 1),
      veth('kshproxy', 2),
      veth('vethproxy', 2),
      veth('vethsomebody', 3),
      veth('vethmoving'),
      { name: 'docker0', kind: 'bridge' },
    ];
    expect(foreignLinks(links, sessions)).toEqual(['veth1']);
  });

  test('leaves a second wire of ours to its own guard', () => {
    expect(foreignLinks([veth('ksh1', 1), veth('ksh2', 1)], sessions)).toEqual([]);
  });
});
