const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

/** 32 bytes in canonical base64: the unused last two bits are zero, as `wg genkey` writes it. */
export const isKey = (text: string): boolean =>
  BASE64.test(text) && Buffer.from(text, 'base64').toString('base64') === text;

export const NOT_A_KEY = 'is not a WireGuard key (32 bytes in base64)';
