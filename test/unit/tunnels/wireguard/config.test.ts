import { describe, expect, test } from 'vitest';
import { EgressError } from '../../../../src/shared/errors.ts';
import { parseWireGuard } from '../../../../src/sidecar/tunnels/wireguard/config.ts';
import {
  egress,
  INTERFACE,
  MINIMAL,
  OTHER_PUBLIC_KEY,
  PEER,
  PRESHARED_KEY,
  PRIVATE_KEY,
  PUBLIC_KEY,
  providerFiles,
} from './samples.ts';

const parse = (config: string, more?: Parameters<typeof egress>[1]) => parseWireGuard(egress(config, more));

function refusal(config: string, more?: Parameters<typeof egress>[1]): EgressError {
  try {
    parse(config, more);
  } catch (error) {
    if (error instanceof EgressError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const reasons = (config: string, more?: Parameters<typeof egress>[1]): string[] =>
  refusal(config, more).fields.map(({ reason }) => reason);

describe('what providers hand out', () => {
  test.each(Object.entries(providerFiles))('%s', (_, text) => {
    expect(parse(text)).toMatchSnapshot();
  });
});

describe('parseWireGuard', () => {
  test('fills in what the config leaves out', () => {
    const settings = parse(MINIMAL);
    expect(settings).toMatchObject({
      mtu: 1420,
      dns: [],
      searchDomains: [],
      peers: ['198.51.100.7:51820'],
      notices: [],
    });
    expect(settings.servers).toMatchObject([{ keepaliveSeconds: 25, presharedKey: undefined }]);
  });

  test('keeps the host part and the length of an address, and spells networks out', () => {
    const settings = parse(
      `[Interface]\nPrivateKey=${PRIVATE_KEY}\nAddress=10.2.3.4/16, FD00::0:2/64, 10.9.9.9\n[Peer]\nPublicKey=${PUBLIC_KEY}\nAllowedIPs=10.2.3.4/16, 2001:DB8::1/32\nEndpoint=[2001:DB8::0:1]:9`,
    );
    expect(settings.addresses).toEqual(['10.2.3.4/16', 'fd00::2/64', '10.9.9.9/32']);
    expect(settings.servers[0]?.allowedIps).toEqual(['10.2.0.0/16', '2001:db8::/32']);
    expect(settings.peers).toEqual(['[2001:db8::1]:9']);
  });

  test('reports every wrong line at once', () => {
    const config = `Address = 10.0.0.1
[Interface]
PrivateKey = tooshort
Address = 10.2.0.2/33
MTU = 100
DNS = not_a-.name
Jc = 4
[Peer]
PublicKey = ${PUBLIC_KEY.replace('=', '')}
PresharedKey = short
AllowedIPs = 10.0.0.0/8, everything
Endpoint = 198.51.100.7:70000
PersistentKeepalive = often
nonsense
[Wireguard]
Anything = goes
`;
    const error = refusal(config);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(new Set(error.fields.map(({ pointer }) => pointer))).toEqual(new Set(['/egress/config']));
    expect(error.fields.map(({ reason }) => reason)).toMatchInlineSnapshot(`
      [
        "line 1: stands before the first [Interface] or [Peer]",
        "line 3: PrivateKey is not a WireGuard key (32 bytes in base64)",
        "line 4: Address is not an address that an interface can have, with or without a prefix length",
        "line 5: MTU is not a number from 576 to 65535",
        "line 6: DNS is neither an address nor a domain",
        "line 7: Jc: the obfuscation of AmneziaWG is not supported, and without it the tunnel would be easier to recognise",
        "line 9: PublicKey is not a WireGuard key (32 bytes in base64)",
        "line 10: PresharedKey is not a WireGuard key (32 bytes in base64)",
        "line 11: AllowedIPs is not a list of networks in CIDR form",
        "line 12: Endpoint is not HOST:PORT (port 1 to 65535, IPv6 in brackets)",
        "line 13: PersistentKeepalive is neither "off" nor a number from 0 to 65535",
        "line 14: is neither [Section] nor NAME = VALUE",
        "line 15: [Wireguard] is not a section of a WireGuard config",
      ]
    `);
  });

  test('has a bound on how much it says', () => {
    const said = reasons(`${MINIMAL}${'Nonsense = 1\n'.repeat(500)}`);
    expect(said).toHaveLength(51);
    expect(said.at(-1)).toBe('and 450 more');
    expect(parse(`${INTERFACE}${'Table = off\n'.repeat(500)}${PEER}`).notices).toHaveLength(100);
  });

  test.each(['PreUp', 'PostUp', 'PreDown', 'PostDown'])('drops %s and says so', (hook) => {
    const settings = parse(`${INTERFACE}${hook} = touch /tmp/owned\n${PEER}`);
    expect(settings.notices).toEqual([
      { line: 4, directive: hook, message: 'the hook is not run: a config may not run programs on the host' },
    ]);
  });

  test.each(['SaveConfig', 'Table', 'FwMark', 'ListenPort', 'ExcludedApplications'])('drops %s and says so', (name) => {
    expect(parse(`${INTERFACE}${name.toLowerCase()} = x\n${PEER}`).notices).toMatchObject([
      { line: 4, directive: name },
    ]);
  });

  test.each(['Jc', 'Jmin', 'Jmax', 'S1', 'S4', 'H1', 'H4', 'I1', 'I5', 'J3', 'Itime'])(
    'refuses %s: without obfuscation the tunnel would be weaker',
    (name) => {
      expect(reasons(`${INTERFACE}${name} = 5\n${PEER}`)).toEqual([
        `line 4: ${name}: the obfuscation of AmneziaWG is not supported, and without it the tunnel would be easier to recognise`,
      ]);
    },
  );

  test.each([
    ['Unknown = 1', 'line 4: Unknown is not a setting that is known in [Interface]'],
    ['Endpoint = 198.51.100.7:1', 'line 4: Endpoint does not belong in [Interface]'],
    ['Address = 127.0.0.11/32', 'line 4: Address is not an address'],
    ['Address = 224.0.0.1', 'line 4: Address is not an address'],
    ['Address = 010.2.0.2', 'line 4: Address is not an address'],
    ['Address = ::1/128', 'line 4: Address is not an address'],
    ['Address = fe80::1%eth0/64', 'line 4: Address is not an address'],
    ['MTU = 575', 'line 4: MTU is not a number'],
    ['MTU = 65536', 'line 4: MTU is not a number'],
    ['MTU = 1e3', 'line 4: MTU is not a number'],
    ['MTU =', 'line 4: MTU is not a number'],
    ['MTU = 1400\nMTU = 1400', 'line 5: MTU is given again'],
    ['DNS = 1.1.1.1\u0007', 'line 4: holds a control character'],
    ['DNS = 1.1.1.1\rPostUp = x', 'line 4: holds a control character'],
    ['DNS = -bad', 'line 4: DNS is neither an address nor a domain'],
    ['[Interface]', 'line 4: a second [Interface]'],
    [`PrivateKey = ${PRIVATE_KEY}`, 'line 4: PrivateKey is given again'],
  ])('refuses %j in [Interface]', (line, reason) => {
    expect(reasons(`${INTERFACE}${line}\n${PEER}`)).toEqual([expect.stringContaining(reason)]);
  });

  test.each([
    ['Endpoint = 198.51.100.7:1', 'line 5: Endpoint is given again'],
    ['PostUp = x', 'line 5: PostUp does not belong in [Peer]'],
    ['AllowedIPs = 10.0.0.0/33', 'line 5: AllowedIPs is not a list of networks'],
    ['AllowedIPs = +10.0.0.0/8', 'line 5: AllowedIPs is not a list of networks'],
    ['PersistentKeepalive = 65536', 'line 5: PersistentKeepalive is neither'],
    ['PersistentKeepalive = -1', 'line 5: PersistentKeepalive is neither'],
    ['PresharedKey =', 'line 5: PresharedKey is not a WireGuard key'],
  ])('refuses %j in [Peer]', (line, reason) => {
    expect(reasons(`${PEER}${line}\n${INTERFACE}`)).toEqual([expect.stringContaining(reason)]);
  });

  test.each([
    '198.51.100.7',
    '198.51.100.7:0',
    '198.51.100.7:65536',
    '198.51.100.7:70000',
    '2001:db8::1:51820',
    '[198.51.100.7]:51820',
    '[2001:db8::1]',
    '[fe80::1%eth0]:51820',
    'vpn example.com:51820',
    '-vpn.example.com:51820',
    'vpn..example.com:51820',
    '127.1:51820',
    '0x7f000001:51820',
    '2130706433:51820',
    `${'a'.repeat(64)}.example.com:51820`,
    'vpn.example.com:51820:1',
    'vpn.example.com:+5',
  ])('refuses the endpoint %s', (endpoint) => {
    const config = MINIMAL.replace('198.51.100.7:51820', endpoint);
    expect(reasons(config)).toEqual([expect.stringContaining('line 8: Endpoint is not HOST:PORT')]);
  });

  test.each([
    ['', ['line 1: [Interface] has no Address', 'there is no [Peer]']],
    [INTERFACE, ['there is no [Peer]']],
    [PEER, ['line 1: [Interface] has no Address']],
    [
      `${INTERFACE}[Peer]\n`,
      ['line 4: [Peer] has no PublicKey', 'line 4: [Peer] has no Endpoint', 'line 4: [Peer] has no AllowedIPs'],
    ],
    [`${MINIMAL}${PEER}`, ['line 9: [Peer] has the PublicKey of an earlier one']],
  ])('refuses an incomplete config (%#)', (config, expected) => {
    expect(reasons(config)).toEqual(expected);
  });

  test('needs a config at all', () => {
    expect(() => parseWireGuard({ type: 'wireguard' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        fields: [expect.objectContaining({ pointer: '/egress/config' })],
      }),
    );
  });

  test('bounds peers, names, addresses, resolvers and networks', () => {
    const peer = (number: number, endpoint: string) =>
      `[Peer]\nPublicKey=${Buffer.alloc(32, number).toString('base64')}\nAllowedIPs=10.0.0.0/8\nEndpoint=${endpoint}:1\n`;
    const peers = (count: number, endpoint: (number: number) => string) =>
      INTERFACE + Array.from({ length: count }, (_, number) => peer(number, endpoint(number))).join('');
    const repeat = (count: number, entry: (number: number) => string) =>
      Array.from({ length: count }, (_, n) => entry(n)).join(',');
    expect(parse(peers(64, () => '198.51.100.7')).servers).toHaveLength(64);
    expect(reasons(peers(65, () => '198.51.100.7'))).toEqual(['line 260: more than 64 peers']);
    expect(parse(peers(9, (number) => `vpn${number % 8}.test`)).peers).toHaveLength(9);
    expect(reasons(peers(9, (number) => `vpn${number}.test`))).toEqual(['more than 8 different names of VPN servers']);
    expect(reasons(`${INTERFACE}Address=${repeat(16, (n) => `10.2.1.${n}`)}\n${PEER}`)).toEqual([
      'line 4: more than 16 addresses',
    ]);
    expect(reasons(`${INTERFACE}DNS=${repeat(9, (n) => `10.2.1.${n}`)}\n${PEER}`)).toEqual([
      'line 4: more than 8 resolvers',
    ]);
    expect(reasons(`${INTERFACE}DNS=${repeat(17, (n) => `d${n}.test`)}\n${PEER}`)).toEqual([
      'line 4: more than 16 search domains',
    ]);
    expect(reasons(`${MINIMAL}AllowedIPs=${repeat(1024, (n) => `10.${n >> 8}.${n & 255}.0/24`)}\n`)).toEqual([
      'line 9: more than 1024 AllowedIPs',
    ]);
  });
});

describe('the private key', () => {
  const WITHOUT_KEY = MINIMAL.replace(/PrivateKey.*\n/, '');

  test('comes from the credential where the config has none', () => {
    expect(parse(WITHOUT_KEY, { privateKey: `${PRIVATE_KEY}\n` }).privateKey.reveal()).toBe(PRIVATE_KEY);
  });

  test('of the credential wins, even over a placeholder', () => {
    const settings = parse(MINIMAL.replace(PRIVATE_KEY, '<your key>'), { privateKey: PRESHARED_KEY });
    expect(settings.privateKey.reveal()).toBe(PRESHARED_KEY);
    expect(settings.notices).toMatchObject([{ line: 2, directive: 'PrivateKey' }]);
  });

  test('of the credential must be a key', () => {
    expect(refusal(MINIMAL, { privateKey: 'wrong' }).fields).toEqual([
      { pointer: '/egress/credential/private_key', reason: 'is not a WireGuard key (32 bytes in base64)' },
    ]);
  });

  test('missing in both places has an error of its own', () => {
    expect(refusal(WITHOUT_KEY).code).toBe('KEY_MISSING');
  });

  test.each(['A'.repeat(43), `${'A'.repeat(42)}B=`, `${'A'.repeat(44)}`, `${'-'.repeat(43)}=`, `${'A'.repeat(42)}==`])(
    'is not %s',
    (key) => {
      expect(reasons(MINIMAL.replace(PRIVATE_KEY, key))).toEqual([
        expect.stringContaining('line 2: PrivateKey is not'),
      ]);
    },
  );
});

describe('resolvers', () => {
  test('of the launch script win, and that is said', () => {
    const settings = parse(`${INTERFACE}DNS = 1.1.1.1, corp.test\n${PEER}`, { dns: ['9.9.9.9'] });
    expect(settings.dns).toEqual(['9.9.9.9']);
    expect(settings.searchDomains).toEqual(['corp.test']);
    expect(settings.notices).toMatchObject([
      { line: 4, directive: 'DNS', message: "the launch script's resolvers are used" },
    ]);
  });

  test('an empty list in the launch script changes nothing', () => {
    expect(parse(`${INTERFACE}DNS = 1.1.1.1\n${PEER}`, { dns: [] })).toMatchObject({ dns: ['1.1.1.1'], notices: [] });
  });

  test('outside AllowedIPs are mentioned', () => {
    const config = `${INTERFACE}DNS = 1.1.1.1\n${PEER}`.replace('0.0.0.0/0, ::/0', '10.0.0.0/8');
    expect(parse(config).notices).toMatchObject([{ directive: 'DNS' }]);
  });
});

describe('values that are replaced', () => {
  test('an MTU above what fits on the way', () => {
    const settings = parse(`${INTERFACE}MTU = 1500\n${PEER}`);
    expect(settings).toMatchObject({ mtu: 1420, notices: [{ line: 4, directive: 'MTU' }] });
  });

  test('an MTU too small for IPv6 costs the IPv6 address, not the tunnel', () => {
    const settings = parse(`${INTERFACE}Address = fd00::2/64\nMTU = 1200\n${PEER}`);
    expect(settings).toMatchObject({
      mtu: 1200,
      addresses: ['10.2.0.2/32'],
      notices: [{ line: 4, directive: 'Address' }],
    });
    const only6 = `[Interface]\nPrivateKey=${PRIVATE_KEY}\nAddress = fd00::2/64\nMTU = 1200\n${PEER}`;
    expect(reasons(only6)).toEqual(['line 3: Address is IPv6, which needs an MTU of 1280 or more']);
  });

  test.each([
    ['off', 25, 1],
    ['0', 25, 1],
    ['1', 1, 0],
    ['60', 60, 0],
    ['61', 60, 1],
    ['65535', 60, 1],
  ])('PersistentKeepalive = %s', (text, used, notices) => {
    const settings = parse(`${MINIMAL}PersistentKeepalive = ${text}\n`);
    expect(settings.servers[0]?.keepaliveSeconds).toBe(used);
    expect(settings.notices).toHaveLength(notices);
  });
});

describe('secrets', () => {
  test('are not in errors or notices, wherever they were pasted', () => {
    const halves = [PRIVATE_KEY.slice(0, 20), PRIVATE_KEY.slice(20)];
    const config = `[Interface]
${PRIVATE_KEY}
${halves[1]}
PrivateKey = ${PRIVATE_KEY}x
PublicKey = ${PRIVATE_KEY}
PostUp = echo ${PRIVATE_KEY}
Address = ${PRIVATE_KEY}
DNS = ${PRIVATE_KEY}
MTU = ${PRIVATE_KEY}
[${PRIVATE_KEY}]
[Peer]
PublicKey = ${PRIVATE_KEY}y
PresharedKey = ${PRIVATE_KEY}z
Endpoint = ${PRIVATE_KEY}
AllowedIPs = ${PRIVATE_KEY}
PersistentKeepalive = ${PRIVATE_KEY}
`;
    const error = refusal(config);
    const said = JSON.stringify([error.message, error.fields, error.details, String(error.cause)]);
    expect(error.fields.length).toBeGreaterThan(10);
    expect(said).not.toContain(PRIVATE_KEY.slice(0, 8));
    expect(said).not.toContain(halves[1]);
  });

  test('print as nothing', () => {
    const settings = parse(
      `${MINIMAL}PresharedKey = ${PRESHARED_KEY}\n[Peer]\nPublicKey=${OTHER_PUBLIC_KEY}\nAllowedIPs=10.0.0.0/8\nEndpoint=1.2.3.4:5\n`,
    );
    expect(JSON.stringify(settings)).not.toContain(PRIVATE_KEY);
    expect(JSON.stringify(settings)).not.toContain(PRESHARED_KEY);
  });
});
