const HOOK = 'the hook is not run: a config may not run programs on the host';
const LIBRARY = 'no library is loaded: a config may not run code on the host';
const ROUTE = 'everything goes through the tunnel, whatever the routes';
const INNER_ADDRESS = 'the inner address is the one that the server gives';
const OWN_PROCESS = 'the sidecar runs the process in its own way';
const OWN_FILES = 'no file of the host is read or written for a config';
const OWN_MANAGEMENT = 'the sidecar has a management socket of its own';
const SERVER_ONLY = 'means something to a server only';
const WINDOWS_ONLY = 'means something on Windows only';
const COMMAND = 'is a command, not a setting';
const PUSH_ONLY = 'means something only when the server sends it';
const NO_PROXY = 'there is no proxy';
const LOCAL_END = 'the encrypted packets leave as the host decides, from a free port';
const TAP_ONLY = 'means something for a bridge (tap) only';
const STAYS_UP = 'the tunnel stays up as long as its session';
const TUNING = 'a default that fits is used';

/** Names by why they can go. Nothing gets weaker without any of them. */
const DROPPED: Readonly<Record<string, readonly string[]>> = {
  [HOOK]: [
    'up', 'down', 'down-pre', 'up-restart', 'up-delay', 'route-up', 'route-pre-down', 'ipchange', 'dns-updown',
    'iproute', 'script-security',
  ],
  [LIBRARY]: [
    'plugin', 'engine', 'providers', 'pkcs11-cert-private', 'pkcs11-pin-cache', 'pkcs11-private-mode',
    'pkcs11-protected-authentication',
  ],
  [ROUTE]: [
    'route', 'route-ipv6', 'route-delay', 'route-gateway', 'route-ipv6-gateway', 'route-method', 'route-metric',
    'route-noexec', 'route-table', 'redirect-gateway', 'redirect-private', 'max-routes', 'allow-pull-fqdn',
    'allow-recursive-routing', 'client-nat', 'block-ipv6',
  ],
  [INNER_ADDRESS]: ['ifconfig', 'ifconfig-ipv6', 'ifconfig-noexec', 'ifconfig-nowarn', 'lladdr', 'txqueuelen'],
  [OWN_PROCESS]: [
    'daemon', 'cd', 'chroot', 'user', 'group', 'setcon', 'nice', 'mlock', 'syslog', 'errors-to-stderr', 'msg-channel',
    'gremlin', 'remap-usr1', 'single-session', 'disable', 'echo', 'parameter', 'prng', 'test-crypto', 'dev-node',
    'setenv-safe', 'auth-token', 'auth-token-user', 'push-peer-info',
  ],
  [OWN_FILES]: [
    'log', 'log-append', 'status', 'status-version', 'writepid', 'replay-persist', 'tls-export-cert', 'tmp-dir',
    'askpass', 'x509-track',
  ],
  [OWN_MANAGEMENT]: [
    'management', 'management-client', 'management-client-auth', 'management-client-group', 'management-client-user',
    'management-external-cert', 'management-external-key', 'management-forget-disconnect', 'management-hold',
    'management-log-cache', 'management-query-passwords', 'management-query-proxy', 'management-query-remote',
    'management-signal', 'management-up-down',
  ],
  [SERVER_ONLY]: [
    'auth-gen-token', 'auth-gen-token-secret', 'auth-user-pass-optional', 'auth-user-pass-verify', 'bcast-buffers',
    'ccd-exclusive', 'client-cert-not-required', 'client-config-dir', 'client-connect', 'client-crresponse',
    'client-disconnect', 'client-to-client', 'compat-names', 'connect-freq', 'connect-freq-initial', 'dh',
    'duplicate-cn', 'ecdh-curve', 'hash-size', 'ifconfig-ipv6-pool', 'ifconfig-ipv6-push', 'ifconfig-pool',
    'ifconfig-pool-persist', 'ifconfig-push', 'ifconfig-push-constraint', 'iroute', 'iroute-ipv6', 'learn-address',
    'max-clients', 'max-routes-per-client', 'no-name-remapping', 'opt-verify', 'override-username', 'port-share',
    'push', 'push-remove', 'push-reset', 'stale-routes-check', 'tcp-queue-limit', 'tls-crypt-v2-max-age',
    'tls-crypt-v2-verify', 'username-as-common-name', 'verify-client-cert', 'vlan-accept', 'vlan-pvid',
    'vlan-tagging', 'x509-username-field',
  ],
  [WINDOWS_ONLY]: [
    'allow-nonadmin', 'block-outside-dns', 'dhcp-internal', 'dhcp-pre-release', 'dhcp-release', 'dhcp-renew',
    'ip-win32', 'pause-exit', 'rdns-internal', 'register-dns', 'service', 'show-adapters', 'show-net', 'show-net-up',
    'show-valid-subnets', 'tap-sleep', 'win-sys', 'windows-driver',
  ],
  [COMMAND]: [
    'genkey', 'help', 'mktun', 'rmtun', 'show-ciphers', 'show-curves', 'show-digests', 'show-engines', 'show-gateway',
    'show-groups', 'show-pkcs11-ids', 'show-tls', 'version',
  ],
  [PUSH_ONLY]: ['peer-id', 'protocol-flags', 'push-continuation', 'key-derivation'],
  [NO_PROXY]: ['http-proxy-option', 'http-proxy-retry', 'http-proxy-timeout', 'http-proxy-user-pass', 'socks-proxy-retry'],
  [LOCAL_END]: ['local', 'lport', 'bind', 'bind-dev', 'multihome', 'mark', 'socket-flags', 'ip-remote-hint'],
  [TAP_ONLY]: ['tun-mtu-extra'],
  [STAYS_UP]: ['inactive', 'session-timeout', 'tls-exit', 'connect-retry-max'],
  [TUNING]: [
    'fast-io', 'link-mtu', 'max-packet-size', 'mtu-dynamic', 'mtu-test', 'preresolve', 'shaper', 'tun-mtu-max',
    'udp-mtu', 'comp-noadapt', 'compat-mode', 'disable-occ', 'force-tls-key-material-export',
    'keying-material-exporter', 'remote-random-hostname',
  ],
  'replay protection stays on': ['no-replay'],
  'it would only allow what is refused here': ['allow-deprecated-insecure-static-crypto'],
  // Of older versions, which OpenVPN no longer knows.
  'OpenVPN has no such directive any more': [
    'key-method', 'keysize', 'ncp-disable', 'memstats', 'use-prediction-resistance', 'no-iv', 'inetd', 'foreign-option',
    'management-client-pf',
  ],
}; // biome-ignore format: lists of words

/** Directive → why it is dropped. */
export const droppedDirectives: ReadonlyMap<string, string> = new Map(
  Object.entries(DROPPED).flatMap(([why, names]) => names.map((name) => [name, why] as const)),
);

/** What the sidecar sets itself, or what is the same without: not worth a word to anybody. */
export const silentDirectives: ReadonlySet<string> = new Set([
  'client', 'pull', 'tls-client', 'nobind', 'persist-key', 'persist-tun', 'persist-local-ip', 'persist-remote-ip',
  'auth-nocache', 'auth-retry', 'resolv-retry', 'connect-retry', 'hand-window', 'disable-dco', 'verb', 'mute',
  'mute-replay-warnings', 'suppress-timestamps', 'machine-readable-output', 'tun-ipv6', 'ping-timer-rem',
  'ignore-unknown-option',
]); // biome-ignore format: a list of words
