const PROXY =
  'a proxy is not supported, and without it the VPN server would be reached directly: remove the line if that is fine';
const SERVER = 'this is the config of a server: use that of a client';
const KEY_ELSEWHERE = "a key on a token or in Windows' store can't be used: put it inline, as <cert> and <key>";

/** Directive → what to change. Without these lines the tunnel would be weaker, or no tunnel at all. */
export const refusedDirectives: ReadonlyMap<string, string> = new Map([
  ['secret', 'a static key has no forward secrecy, and OpenVPN is giving it up: use certificates'],
  ['tls-verify', "a program would check the server's certificate, and none is run here: use verify-x509-name instead"],
  ['tls-remote', 'OpenVPN no longer has it: use verify-x509-name instead'],
  ['capath', 'a folder of the host is not read: put the certificates inline, as <ca>'],
  ['config', 'no other file is read: put its lines here'],
  ['cryptoapicert', KEY_ELSEWHERE],
  ['pkcs11-id', KEY_ELSEWHERE],
  ['pkcs11-id-management', KEY_ELSEWHERE],
  ['pkcs11-providers', KEY_ELSEWHERE],
  ['http-proxy', PROXY],
  ['http-proxy-override', PROXY],
  ['socks-proxy', PROXY],
  ['server', SERVER],
  ['server-bridge', SERVER],
  ['server-ipv6', SERVER],
  ['tls-server', SERVER],
  ['scramble', 'obfuscation is not supported, and without it the tunnel would be easier to recognise'],
]);
