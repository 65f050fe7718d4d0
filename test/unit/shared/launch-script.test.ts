import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { EgressError } from '../../../src/shared/errors.ts';
import { parseLaunchScript } from '../../../src/shared/launch-script.ts';

const valid = {
  version: 1,
  egress: { type: 'wireguard', config: '[Interface]\n', credential: { private_key: 'very-secret' } },
};

function fieldsOf(body: unknown): string[] {
  try {
    parseLaunchScript(body);
  } catch (error) {
    if (error instanceof EgressError) return error.fields.map(({ pointer }) => pointer).sort();
  }
  return [];
}

describe('parseLaunchScript', () => {
  test.each(['wireguard', 'WireGuard', 'WIREGUARD'])('takes the type in any letter case: %s', (type) => {
    expect(parseLaunchScript({ ...valid, egress: { ...valid.egress, type } }).egress.type).toBe('wireguard');
  });

  test('names every wrong field, and unknown ones by themselves', () => {
    const body = {
      version: 2,
      sesion_id: 'typo',
      egress: { type: 'wg', dns: ['1.2.3', '10.0.0.1'], allow: ['10.0.0.0/33'], mtu: 1 },
      deadline_seconds: 0,
    };
    expect(fieldsOf(body)).toEqual([
      '/deadline_seconds',
      '/egress/allow/0',
      '/egress/dns/0',
      '/egress/mtu',
      '/egress/type',
      '/sesion_id',
      '/version',
    ]);
  });

  test.each([null, 'text', 5, [], {}])('refuses %j', (body) => {
    expect(fieldsOf(body).length).toBeGreaterThan(0);
  });

  test('keeps secrets out of whatever prints it', () => {
    const script = parseLaunchScript(valid);
    expect(JSON.stringify(script) + inspect(script, { depth: 9 }) + String(script.egress.config)).not.toMatch(
      /very-secret|Interface/,
    );
    expect(script.egress.credential?.private_key?.reveal()).toBe('very-secret');
  });

  test('brings networks into their canonical form', () => {
    expect(
      parseLaunchScript({ ...valid, egress: { ...valid.egress, allow: ['10.20.30.40/16', '192.0.2.1'] } }).egress.allow,
    ).toEqual(['10.20.0.0/16', '192.0.2.1/32']);
  });
});
