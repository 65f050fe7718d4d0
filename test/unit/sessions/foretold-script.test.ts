import { expect, test } from 'vitest';
import type { EndpointOwner } from '../../../src/sidecar/docker/engine.ts';
import { foretellScript } from '../../../src/sidecar/sessions/foretold-script.ts';
import type { Claimant } from '../../../src/sidecar/sessions/launch-scripts.ts';
import type { EndpointRecord } from '../../../src/sidecar/store/records.ts';

const ID = 'f'.repeat(64);
const ENDPOINT: EndpointRecord = {
  version: 1,
  id: 'endpoint',
  networkId: 'network',
  mac: '02:42:ac:12:00:02',
  ipv4: '172.18.0.2/16',
  published: false,
};

/** A launch script for each of these keys, which tells its key. */
const launchScripts = (...keys: string[]) =>
  ({
    find: async ({ launchKey, container }: Claimant) => {
      const key = launchKey ?? keys.find((known) => known === container?.id || known === container?.name);
      return key === undefined ? undefined : { key };
    },
  }) as never;

/** Gives these answers one after the other, and the last one again and again. */
function answering(...answers: (EndpointOwner | undefined)[]) {
  let asked = 0;
  const ownerOf = async () => answers[Math.min(asked++, answers.length - 1)];
  return { ownerOf, asked: () => asked };
}

const foretell = (ownerOf: () => Promise<EndpointOwner | undefined>, keys: string[], endpoint = ENDPOINT) =>
  foretellScript({ launchScripts: launchScripts(...keys), ownerOf }, endpoint, new AbortController().signal);

test('an endpoint that names its key needs nobody’s word', async () => {
  const { ownerOf, asked } = answering(undefined);
  expect(await foretell(ownerOf, [], { ...ENDPOINT, launchKey: 'own' })).toEqual({ key: 'own' });
  expect(asked()).toBe(0);
});

test('by its name, as soon as Docker has that', async () => {
  const { ownerOf } = answering(undefined, { name: 'desktop', id: undefined });
  expect(await foretell(ownerOf, ['desktop'])).toEqual({ key: 'desktop' });
});

test('by its id, which comes later', async () => {
  const { ownerOf } = answering({ name: 'desktop', id: undefined }, { name: 'desktop', id: ID });
  expect(await foretell(ownerOf, [ID])).toEqual({ key: ID });
});

test('nobody waits where there is none', async () => {
  const { ownerOf, asked } = answering({ name: 'desktop', id: ID });
  expect(await foretell(ownerOf, ['other'])).toBeUndefined();
  expect(asked()).toBe(1);
});

test('what Docker does not tell soon is not waited for', async () => {
  const { ownerOf } = answering(undefined);
  expect(await foretell(ownerOf, ['desktop'])).toBeUndefined();
});
