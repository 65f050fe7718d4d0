import { expect, test } from 'vitest';
import { parseCounters } from '../../../src/sidecar/host/link-counters.ts';

const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
    wg:  123456     789    0    0    0     0          0         0     4567      89    0    0    0     0       0          0
`;

test('parseCounters reads bytes of one device', () => {
  expect(parseCounters(DEV, 'wg')).toEqual({ received: 123456, sent: 4567 });
  expect(parseCounters(DEV, 'tun0')).toBeUndefined();
  expect(parseCounters('', 'wg')).toBeUndefined();
});
