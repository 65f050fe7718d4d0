import { expect, test } from 'vitest';
import { EgressError } from '../../src/shared/errors.ts';
import { readSettings } from '../../src/sidecar/config.ts';

test.each([
  [undefined, 'openvpn'],
  ['openvpn', 'openvpn'],
  ['/opt/openvpn-2.7/sbin/openvpn', '/opt/openvpn-2.7/sbin/openvpn'],
])('KASM_SIDECAR_OPENVPN=%s', (value, program) => {
  expect(readSettings({}, value === undefined ? {} : { KASM_SIDECAR_OPENVPN: value }).openvpn).toBe(program);
});

/** A relative path would depend on where the daemon was started; by another name its processes are not found again. */
test.each(['', 'sbin/openvpn', '/opt/openvpn-2.7', './openvpn'])('KASM_SIDECAR_OPENVPN=%j is refused', (value) => {
  expect(() => readSettings({}, { KASM_SIDECAR_OPENVPN: value })).toThrow(EgressError);
});
