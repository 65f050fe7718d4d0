import { describe, expect, test } from 'vitest';
import { isInside, isIp, parseCidr } from '../../../src/shared/ip.ts';

describe('isIp', () => {
  test.each(['10.0.0.1', '::1', '2001:db8::5'])('takes %s', (text) => expect(isIp(text)).toBe(true));
  test.each(['010.0.0.1', '1.2.3', '0x7f.1', '2130706433', 'fe80::1%eth0', '', 'host'])('refuses %s', (text) =>
    expect(isIp(text)).toBe(false),
  );
});

describe('parseCidr', () => {
  test.each(['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/x', '::/129', '/8'])('refuses %s', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });
});

describe('isInside', () => {
  test.each([
    ['127.0.0.5', '127.0.0.0/8', true],
    ['::ffff:127.0.0.5', '127.0.0.0/8', true],
    ['10.0.0.1', '::/0', false],
    ['fe80::1', 'fe80::/10', true],
  ])('%s in %s: %s', (address, range, expected) => expect(isInside(address, range)).toBe(expected));
});
