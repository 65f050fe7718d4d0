import { setTimeout } from 'node:timers/promises';
import { PLUGIN_SOCKET } from '../shared/names.ts';
import { EarlySocket } from './driver/early-socket.ts';

/** Docker starts a plugin that has ended again at once, and for ever. */
const BEFORE_THE_NEXT_TRY_MS = 5_000;

/** Where a managed plugin starts: listening first, and only then loading what answers. */
const socket = new EarlySocket(PLUGIN_SOCKET);
try {
  const { main } = await import('./main.ts');
  await main(socket);
} catch (error) {
  console.error(error); // to Docker's own log
  await setTimeout(BEFORE_THE_NEXT_TRY_MS);
  process.exit(1);
}
