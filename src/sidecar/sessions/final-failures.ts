/** The same credential, key or configuration would fail again, and a server may lock an account for it. */
const FINAL: readonly (string | undefined)[] = [
  'AUTH_FAILED',
  'CHALLENGE_UNSUPPORTED',
  'KEY_PASSPHRASE_WRONG',
  'KEY_UNUSABLE',
];

/** Whether another try with the same launch script is of no use. */
export const isFinal = (code: string | undefined): boolean => FINAL.includes(code);
