import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EgressError } from '../../../../src/shared/errors.ts';
import { parseOpenVpn } from '../../../../src/sidecar/tunnels/openvpn/config.ts';
import { OUTPUT_NAMES, renderRemote } from '../../../../src/sidecar/tunnels/openvpn/render.ts';
import type { OpenVpnSettings } from '../../../../src/sidecar/tunnels/openvpn/settings.ts';
import { MAX_LINE_BYTES } from '../../../../src/sidecar/tunnels/openvpn/tokens.ts';
import { OPENVPN_NAMES } from './directive-names.ts';
import { block, CERT, egress, KEY, MINIMAL, pem, providerFiles, STATIC_KEY } from './samples.ts';

const MORE = { username: 'user-x', password: 'word-x', custom: 'custom-x' };
const parse = (text: string): OpenVpnSettings => parseOpenVpn(egress(text, MORE));

/** Undefined: it was refused, as it may be. Anything else that is thrown fails. */
function tryParse(text: string): OpenVpnSettings | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    expect(error.fields.length).toBeGreaterThan(0);
    return undefined;
  }
}

const whole = (settings: OpenVpnSettings): string =>
  [
    settings.config.reveal(),
    ...settings.remotes.map((remote) => `${renderRemote(remote)}\n`),
    settings.privateKey ? block('key', settings.privateKey.reveal()) : '',
  ].join('');

/** As a plain reader sees it: a line's first word, or the name of a block whose inside is PEM, digits or fingerprints. */
function expectOnlyAllowed(text: string): void {
  let inside: string | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
    if (inside !== undefined && line !== `</${inside}>`) {
      expect(line).toMatch(/^(-----(BEGIN|END) [A-Za-z0-9 -]+-----|[A-Za-z0-9+/=:]+)$/);
      continue;
    }
    const [, opened, name] = /^(?:<([a-z0-9-]+)>|([a-z0-9-]+)( .*)?)$/.exec(line) ?? [];
    if (inside === undefined) expect(OUTPUT_NAMES).toContain(opened ?? name);
    inside = inside === undefined ? opened : undefined;
  }
  expect(inside).toBeUndefined();
}

function expectSound(settings: OpenVpnSettings): void {
  const text = settings.config.reveal();
  expectOnlyAllowed(text);
  const again = parse(whole(settings));
  expect(again.config.reveal()).toBe(text);
  expect(again.remotes).toEqual(settings.remotes);
  expect(again.privateKey?.reveal()).toBe(settings.privateKey?.reveal());
}

const value = fc.oneof(
  fc.constantFrom(
    'server', 'none', 'no', 'yes', '0', '1', '1.2', '1194', '192.0.2.1', 'a.test', 'udp', 'tcp', 'AES-256-CBC', 'BF-CBC',
    'SHA256', 'ignore', '/bin/sh', 'up', '[inline]', 'subject', '"a b"', "'c \"d\"'", '"', '#x', ';', '--up', 'opt', 'DNS',
    'mtu', 'or-highest', 'stub', 'legacy', '600', 'AES-256-GCM:AES-128-CBC', `${'AB:'.repeat(31)}AB`, '\\',
  ), // biome-ignore format: a list of words
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 260 }),
);
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...OPENVPN_NAMES) },
  { weight: 8, arbitrary: fc.constantFrom(...OUTPUT_NAMES) },
  { weight: 1, arbitrary: fc.string({ maxLength: 10 }) },
);
const spelled = fc
  .tuple(name, fc.constantFrom('', '--', '"', "'", ' \t', 'setenv opt '))
  .map(([word, trick]) => (trick === '"' || trick === "'" ? `${trick}${word}${trick}` : `${trick}${word}`));
const line = fc.tuple(spelled, fc.array(value, { maxLength: 4 })).map((words) => words.flat().join(' '));
const inner = fc.oneof(
  fc.constantFrom(
    pem('CERTIFICATE'),
    pem('X509 CRL'),
    pem('PRIVATE KEY'),
    STATIC_KEY,
    'someone\nsecret\n',
    'remote 192.0.2.9\n',
  ),
  fc.array(line, { maxLength: 3 }).map((lines) => `${lines.join('\n')}\n`),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `${text}\n`),
);
const inlined = fc.tuple(name, inner).map(([tag, text]) => block(tag, text));
const extra = fc
  .array(fc.oneof({ weight: 4, arbitrary: line }, { weight: 1, arbitrary: inlined }), { maxLength: 5 })
  .map((parts) => parts.join('\n'));
const base = fc.constantFrom(MINIMAL, `${MINIMAL}${CERT}${KEY}`, ...Object.values(providerFiles));

describe('OpenVPN configs', { timeout: 60_000 }, () => {
  test.each(Object.entries(providerFiles))('what we write of "%s" reads back as the same', (_, text) => {
    expectSound(parse(text));
  });

  test('whatever is added, what we write is a fixed point and has nothing that is not allowed', () => {
    let accepted = 0;
    fc.assert(
      fc.property(base, extra, (text, more) => {
        const settings = tryParse(`${text}${more}\n`);
        if (!settings) return;
        accepted += 1;
        expectSound(settings);
      }),
      { numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test('a single line of any kind is either refused or leaves only what is allowed', () => {
    fc.assert(
      fc.property(line, (more) => {
        const settings = tryParse(`${MINIMAL}${more}\n`);
        if (settings) expectSound(settings);
      }),
      { numRuns: 2000 },
    );
  });

  test('any text at all is refused with fields', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => tryParse(text) === undefined));
  });

  test('never a value in an error or a notice', () => {
    const marker = 'Zq7xMARKERzq7x';
    const marked = fc
      .tuple(
        fc.oneof(name, fc.constant(marker)),
        fc.constantFrom(marker, `"${marker}`, `x ${marker}`, `${marker}\u0000`),
      )
      .map((words) => words.join(' '));
    const markedBlock = name.map((tag) => block(tag, `${marker}\n`));
    fc.assert(
      fc.property(fc.array(fc.oneof(marked, markedBlock), { maxLength: 5 }), (lines) => {
        try {
          const settings = parseOpenVpn(egress(`${MINIMAL}${lines.join('\n')}`, MORE));
          expect(JSON.stringify(settings.notices)).not.toContain(marker);
        } catch (error) {
          if (!(error instanceof EgressError)) throw error;
          expect(JSON.stringify([error.message, error.fields, error.details])).not.toContain(marker);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a config made to be slow is not', () => {
    const slow = ['<x>\n', '</x>\n', '<x>\n</x>\n', 'verify-x509-nmae-x\n', '" "\n', '<connection>\n</connection>\n'];
    const started = performance.now();
    for (const text of slow) tryParse(`${MINIMAL}${text.repeat(Math.min(4_900, 262_000 / text.length))}`);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
