import { expect, test } from 'vitest';
import { EgressError } from '../../../src/shared/errors.ts';
import type { Run } from '../../../src/sidecar/host/command.ts';
import { removeLink } from '../../../src/sidecar/host/ip.ts';

/** Stands for ip(8) whose link goes between its own look and the kernel's: nobody can time that. */
const refusing: Run = async () => {
  throw new EgressError('HOST_COMMAND_FAILED', 'RTNETLINK answers: No such device');
};

test('a link that goes while it is removed is removed', async () => {
  await expect(removeLink(refusing, 'kshgone')).resolves.toBeUndefined();
});

test('one that stays is not', async () => {
  await expect(removeLink(refusing, 'lo')).rejects.toThrow('No such device');
});
