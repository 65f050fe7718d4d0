import { describe, expect, test } from 'vitest';
import { directives, judge } from '../../../../src/sidecar/tunnels/openvpn/directives.ts';
import { droppedDirectives, silentDirectives } from '../../../../src/sidecar/tunnels/openvpn/dropped.ts';
import { refusedDirectives } from '../../../../src/sidecar/tunnels/openvpn/refused.ts';
import { OUTPUT_NAMES } from '../../../../src/sidecar/tunnels/openvpn/render.ts';
import { usedDirectives } from '../../../../src/sidecar/tunnels/openvpn/used.ts';
import { OPENVPN_NAMES } from './directive-names.ts';

const classes = [usedDirectives.keys(), silentDirectives, droppedDirectives.keys(), refusedDirectives.keys()];

describe('the table of directives', () => {
  test('has every name that OpenVPN knows', () => {
    expect(OPENVPN_NAMES).toHaveLength(314);
    expect(OPENVPN_NAMES.filter((name) => !directives.has(name))).toEqual([]);
  });

  test('has no name in two classes', () => {
    expect(classes.flatMap((names) => [...names])).toHaveLength(directives.size);
  });

  test('has further only what older versions, or their forks, knew', () => {
    expect([...directives.keys()].filter((name) => !OPENVPN_NAMES.includes(name))).toEqual([
      'key-method',
      'keysize',
      'ncp-disable',
      'memstats',
      'use-prediction-resistance',
      'no-iv',
      'inetd',
      'foreign-option',
      'management-client-pf',
      'tls-remote',
      'scramble',
    ]);
  });

  test('everything that is written out is used', () => {
    expect(OUTPUT_NAMES.filter((name) => !usedDirectives.has(name))).toEqual([]);
    expect(new Set(OUTPUT_NAMES).size).toBe(OUTPUT_NAMES.length);
  });

  test.each([
    ['remote-cert-tsl', 'remote-cert-tls'],
    ['Remote-Cert-TLS', 'remote-cert-tls'],
    ['remote_cert_tls', 'remote-cert-tls'],
    ['tls-crpyt', 'tls-crypt'],
    ['persist-tum', 'persist-tun'],
    ['UP', 'up'],
    ['verify-x509-name\u00a0server', 'verify-x509-name'],
    ['\u201cremote-cert-tls\u201d', 'remote-cert-tls'],
    ['remote-cert-tls=server', 'remote-cert-tls'],
    ['<<<<<<<', undefined],
    ['hunter2', undefined],
  ])('%s is unknown, and resembles %s', (name, resembles) => {
    expect(judge(name)).toEqual({ kind: 'unknown', resembles });
  });
});
