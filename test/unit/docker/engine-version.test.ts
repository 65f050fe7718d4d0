import { expect, test } from 'vitest';
import type { Log } from '../../../src/shared/log.ts';
import {
  announcesAddresses,
  dangerOf,
  reportEngine,
  type VersionSource,
} from '../../../src/sidecar/docker/engine-version.ts';

/** A double: no such engine is at hand. It is silent for a while, as an engine that boots. */
function engineDouble(version: string, silentFor = 0): VersionSource {
  let asked = 0;
  return {
    version: () => (asked++ < silentFor ? Promise.reject(new Error('it boots')) : Promise.resolve(version)),
  };
}

function logDouble(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (subject: string, text: string) => void lines.push(`${level} ${subject}: ${text}`);
  return { lines, info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
}

test.each(['29.0.0', '29.0.1', '29.0.2', '29.0.2+dfsg1', '29.0.0-rc.3'])('%s is dangerous', (version) => {
  expect(dangerOf(version)).toMatch(/DIES .* 51554.* 29\.0\.3/);
});

test.each(['20.10.24+dfsg1', '26.1.5', '28.5.2+dfsg4', '29.0.3', '29.0.20', '29.1.0', '129.0.1', 'unknown'])(
  '%s is not',
  (version) => {
    expect(dangerOf(version)).toBeUndefined();
  },
);

test.each([
  ['20.10.24+dfsg1', false],
  ['27.5.1', false],
  ['28.0.0', true],
  ['29.1.0', true],
  ['unknown', true],
])('%s makes known addresses from inside: %s', (version, announces) => {
  expect(announcesAddresses(version)).toBe(announces);
});

test('a dangerous engine is an error in both logs, as soon as it answers', async () => {
  const logs = [logDouble(), logDouble()];
  await reportEngine(engineDouble('29.0.1', 3), logs, 1);
  for (const { lines } of logs) expect(lines).toEqual([expect.stringMatching(/^ERROR engine: Docker 29\.0\.1 DIES /)]);
});

test('any other is named', async () => {
  const log = logDouble();
  await reportEngine(engineDouble('28.5.2'), [log], 1);
  expect(log.lines).toEqual(['INFO engine: Docker 28.5.2']);
});
