import { describe, expect, test } from 'vitest';
import { udpFrame } from '../../../src/doctor/probe/frame.ts';
import { type EndProbe, judgeProbe, type ProbeView } from '../../../src/doctor/probe/judge.ts';
import { planProbeTable } from '../../../src/doctor/probe/plan.ts';

const end: EndProbe = {
  link: 'k-p-1389f0',
  hostLink: 'ksh0123456789',
  plain: { before: 0, behind: 0 },
  bound: { before: 0, behind: 0 },
  boundAttempts: [{ sent: 0, refused: 'EPERM' }],
  raw: { before: 6, behind: 0 },
  rawAttempts: [{ sent: 6, refused: undefined }],
};
const tight: ProbeView = {
  name: 'web-1',
  plainAttempts: [
    { sent: 3, refused: undefined },
    { sent: 0, refused: 'EHOSTUNREACH' },
  ],
  tunnel: 'wg',
  tunnelPackets: 3,
  ends: [end],
};

const said = (probe: ProbeView) => judgeProbe(probe).map(({ status, id, seen }) => `${status} ${id}: ${seen}`);
const withEnd = (change: Partial<EndProbe>) => said({ ...tight, ends: [end, { ...end, ...change }] });

describe('a probe', () => {
  test('of a session that is tight', () => {
    expect(said(tight)).toEqual([
      'ok probe-routes: 3 sent, into wg; none came out by another way',
      'ok probe-lock: none came out by k-p-1389f0 (EPERM)',
      'ok probe-guard: ksh0123456789: 6 frames arrived, 0 passed',
    ]);
  });

  test('of one that is blocked: refused is as good', () => {
    const plainAttempts = [{ sent: 0, refused: 'EPERM' }];
    expect(said({ ...tight, plainAttempts, tunnel: undefined, tunnelPackets: undefined })[0]).toBe(
      'ok probe-routes: refused (EPERM); none came out by another way',
    );
  });

  test.each<[string, string[]]>([
    ['failure probe-routes: 3 packets came out by k-p-1389f0', withEnd({ plain: { before: 3, behind: 0 } })],
    ['failure probe-routes: LEAK: 3 packets', withEnd({ plain: { before: 3, behind: 3 } })],
    ['failure probe-lock: the lock let 6 packets by to k-p-1389f0; none', withEnd({ bound: { before: 6, behind: 0 } })],
    [
      'failure probe-lock: the lock let 3 packets by to k-p-1389f0; none passed the guard',
      withEnd({ boundAttempts: [{ sent: 3, refused: undefined }] }), // they wait for an answer to ARP
    ],
    ['failure probe-lock: LEAK: 1 packets', withEnd({ bound: { before: 6, behind: 1 } })],
    ['failure probe-guard: LEAK: 1 frames', withEnd({ raw: { before: 6, behind: 1 } })],
    ['warning probe-guard: 0 of 6 frames were seen', withEnd({ raw: { before: 0, behind: 0 } })],
    [
      'warning probe-guard: 0 of 0 frames were seen',
      withEnd({ raw: { before: 0, behind: 0 }, rawAttempts: [{ sent: 0, refused: 'ENETDOWN' }] }),
    ],
    ['warning probe-guard: 4 of 6 frames were seen', withEnd({ raw: { before: 4, behind: 0 } })],
    ['warning probe-routes: 3 sent; none came out', said({ ...tight, tunnelPackets: 1 })],
  ])('%s', (expected, findings) => {
    expect(findings).toContainEqual(expect.stringContaining(expected));
  });
});

test('what it sends is UDP to an address for documents', () => {
  const parts = { fromMac: '02:42:ac:14:00:03', toMac: '02:42:ac:14:00:01', port: 9 };
  // The checksum of the IPv4 header, 0c6d, was worked out by another program (python3).
  expect(udpFrame({ ...parts, from: '172.20.0.3', to: '192.0.2.77' }).toString('hex')).toBe(
    '0242ac1400010242ac1400030800' + '4500001c00000000' + '40110c6d' + 'ac140003c000024d' + '0009000900080000',
  );
  const six = udpFrame({ ...parts, from: '2001:db8::1', to: '2001:db8::c0de' });
  expect([six.length, six.toString('hex', 12, 22)]).toEqual([62, '86dd6000000000081140']);
});

test('its table drops what the guard let by, behind the guard', () => {
  const [, behind = ''] = planProbeTable('ksh0123456789').split('chain behind');
  expect(behind).toMatch(/priority -490;/);
  expect(behind.match(/ daddr \S+ udp dport 9 counter name "behind" drop$/gm)).toHaveLength(2);
});
