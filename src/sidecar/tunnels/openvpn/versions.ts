import type { OpenVpnSettings } from './settings.ts';
import { lockKey } from './signer.ts';

/** OpenVPN's versions as numbers that compare: 2.6 is 206. */
export const SIGNS_OUTSIDE = 206;
const KNOWS_SIZES_WITH_HEADERS = 206;

/** Of an IPv6 and a UDP header: 2.5 counts neither. */
const HEADER_BYTES = 48;
/** Of `fragment`, in every version. */
const LEAST_BYTES = 68;

/** The config as that version of OpenVPN reads it. @throws EgressError KEY_UNUSABLE */
export function configFor(version: number, { config, privateKey }: OpenVpnSettings): string {
  const text = config.reveal();
  const sized = version >= KNOWS_SIZES_WITH_HEADERS ? text : withoutHeaders(text);
  return version >= SIGNS_OUTSIDE || !privateKey ? sized : `${sized}<key>\n${lockKey(privateKey)}</key>\n`;
}

const withoutHeaders = (text: string): string =>
  text
    .replace(
      /^(mssfix|fragment) (\d+) mtu$/gm,
      (_, name: string, size: string) => `${name} ${Math.max(Number(size) - HEADER_BYTES, LEAST_BYTES)}`,
    )
    .replace(/^mssfix (\d+) fixed$/gm, 'mssfix $1'); // a little less than was meant, and never more
