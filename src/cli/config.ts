export const DEFAULT_SOCKET = '/var/run/kasm-sidecar/control.sock';

/** The only reader of the environment in the command line. An empty variable counts as none. */
export const socketPath = (option?: string): string => option ?? (process.env.KASM_SIDECAR_SOCKET || DEFAULT_SOCKET);
