import { expect, test } from 'vitest';
import { echoRequest, internetChecksum, isEchoReply } from '../../../src/sidecar/host/icmp.ts';

const IPV4_HEADER = Buffer.concat([Buffer.from([0x45]), Buffer.alloc(19)]);

test('the checksum of RFC 1071’s own example', () => {
  expect(internetChecksum(Buffer.from('0001f203f4f5f6f7', 'hex'))).toBe(0x220d);
});

test('a request sums up to nothing, and is as long as it was asked for', () => {
  const packet = echoRequest(4, 0xbeef, 7, 101);
  expect(packet).toHaveLength(109);
  expect(internetChecksum(packet)).toBe(0);
  expect(packet.toString('hex', 4, 8)).toBe('beef0007');
});

test('the kernel makes ICMPv6’s checksum', () => {
  expect(echoRequest(6, 1, 2, 0).toString('hex')).toBe('8000000000010002');
});

test('an answer is known by its type and its identifier', () => {
  const reply = Buffer.from('00000000beef0001', 'hex');
  expect(isEchoReply(4, Buffer.concat([IPV4_HEADER, reply]), 0xbeef)).toBe(true);
  expect(isEchoReply(4, Buffer.concat([IPV4_HEADER, reply]), 0xbee0)).toBe(false);
  expect(isEchoReply(4, Buffer.concat([IPV4_HEADER, echoRequest(4, 0xbeef, 1, 0)]), 0xbeef)).toBe(false);
  expect(isEchoReply(6, Buffer.from('81000000beef0001', 'hex'), 0xbeef)).toBe(true);
  expect(isEchoReply(4, IPV4_HEADER, 0xbeef)).toBe(false);
  expect(isEchoReply(6, Buffer.alloc(0), 0xbeef)).toBe(false);
});
