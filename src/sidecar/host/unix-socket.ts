import { connect } from 'node:net';

/** Whether somebody listens on a Unix socket. That its file exists says less: it does before `listen`, and after a crash. */
export const isListening = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
