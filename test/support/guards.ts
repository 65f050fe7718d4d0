import { sh } from './shell.ts';

/** Takes the guard of one wire away, named by the wire's host end. Its chain is emptied first: nft(8) deletes no other. */
export async function removeGuard(hostLink: string): Promise<void> {
  for (const act of ['flush', 'delete']) await sh('nft', act, 'chain', 'netdev', 'kasm_sidecar', `from_${hostLink}`);
}
