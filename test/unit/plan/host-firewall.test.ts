import { expect, test } from 'vitest';
import { planForwardChain, planForwardChange } from '../../../src/sidecar/plan/host-firewall.ts';

const chainFor = (...direct4: string[]) => planForwardChain([{ bridge: 'br', direct4, direct6: [] }], 4);

test('the chain is changed by the rules that differ, and by no other', () => {
  const change = planForwardChange(chainFor('172.20.0.3', '172.20.0.4'), chainFor('172.20.0.4', '172.20.0.5'));
  expect(change.split('\n')).toEqual([
    '*filter',
    '-D KASM-SIDECAR -s 172.20.0.3 -i br -m comment --comment kasm-sidecar -j ACCEPT',
    '-A KASM-SIDECAR -s 172.20.0.5 -i br -m comment --comment kasm-sidecar -j ACCEPT',
    'COMMIT',
    '',
  ]);
});
