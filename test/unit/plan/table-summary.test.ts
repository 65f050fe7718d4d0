import { expect, test } from 'vitest';
import { planForeignGuard, planGuard } from '../../../src/sidecar/plan/guard.ts';
import { planHostTable } from '../../../src/sidecar/plan/host-firewall.ts';
import { summariseText } from '../../../src/sidecar/plan/table-summary.ts';
import { aWire } from '../../support/wires.ts';

test('a guard is known by its rules and its policy', () => {
  expect(summariseText(planForeignGuard('ksh0123456789'))).toEqual({ rules: 1, drops: 1 });
  expect(summariseText(planGuard(aWire, { kind: 'proxy' }))).toEqual({ rules: 2, drops: 1 });
  const session = planGuard(aWire, { kind: 'session', direct: [] });
  expect(summariseText(session).rules).toBe(session.split('\n').filter((line) => / (accept|drop)$/.test(line)).length);
});

test('the host’s table is known by the rules of all its chains', () => {
  const network = { bridge: 'br_kasm_sidecar', direct4: ['172.20.0.3'], direct6: [] };
  expect(summariseText(planHostTable([network]))).toEqual({ rules: 12, drops: 0 });
  expect(summariseText(planHostTable([]))).toEqual({ rules: 0, drops: 0 });
});
