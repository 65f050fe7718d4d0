import type { EgressType } from '../shared/launch-script.ts';

const signs: readonly (readonly [EgressType, RegExp])[] = [
  ['wireguard', /^[ \t]*\[Interface\]/im],
  ['openvpn', /^[ \t]*(?:client[ \t]*(?:[#;].*)?\r?$|remote[ \t]+\S|<ca>)/m],
];

/** What kind of tunnel a provider's file is for; undefined if it bears the signs of none. */
export const guessType = (config: string): EgressType | undefined => signs.find(([, sign]) => sign.test(config))?.[0];
