import { expect, test } from 'vitest';
import { parseCreation } from '../../../src/sidecar/docker/creations.ts';

const ID = 'f'.repeat(64);
/** As Docker 20.10 and 28.5 send it. */
const EVENT = {
  status: 'create',
  id: ID,
  from: 'bb:latest',
  Type: 'container',
  Action: 'create',
  Actor: { ID, Attributes: { image: 'bb:latest', name: 'desktop', 'kasm.egress': 'office' } },
  scope: 'local',
  time: 1795327690,
};

test('a container’s creation tells its id, its name and its labels', () => {
  const container = parseCreation(JSON.stringify(EVENT));
  expect(container).toMatchObject({ id: ID, name: 'desktop' });
  expect(container?.labels['kasm.egress']).toBe('office');
});

test.each(['', '{"Actor":{"ID":', '{"message":"no such thing"}', JSON.stringify({ Actor: { ID, Attributes: {} } })])(
  '%s is none',
  (line) => {
    expect(parseCreation(line)).toBeUndefined();
  },
);
