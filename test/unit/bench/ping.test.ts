import { expect, test } from 'vitest';
import { parsePings } from '../../bench/ping.ts';

const printed = (received: number, times: string): string =>
  `PING 203.0.113.80 (203.0.113.80): 56 data bytes

--- 203.0.113.80 ping statistics ---
200 packets transmitted, ${received} packets received, 0% packet loss
${times}`;

test.each([
  ['all answered', printed(200, 'round-trip min/avg/max = 0.010/0.069/0.133 ms\n'), { averageMs: 0.069, lost: 0 }],
  ['some lost', printed(188, 'round-trip min/avg/max = 1.010/12.5/33.000 ms\n'), { averageMs: 12.5, lost: 12 }],
  ['none answered', printed(0, ''), { averageMs: Number.NaN, lost: 200 }],
])('%s', (_, text, pings) => {
  expect(parsePings(text)).toEqual(pings);
});
