/**
 * Every failure a person can meet: a stable code, one plain sentence, and what to do about it.
 * The same words stand in the API, the command line and the log.
 */
export const errorCodes = {
  BAD_REQUEST: ['The request could not be understood.', 'Correct the fields that are named.'],
  BODY_TOO_LARGE: ['The body is larger than 1 MiB.', 'Send a smaller launch script.'],
  NOT_FOUND: ['There is nothing under that key.', 'List what there is: `kasm-sidecar status`.'],
  INTERNAL: ['The sidecar failed in a way it did not foresee.', 'Look at /var/log/kasm-sidecar and report it.'],
  NETWORK_OPTION_INVALID: ['A network option is unknown or has a bad value.', 'Correct the option that is named.'],
  NETWORK_UNKNOWN: ['The sidecar does not know this network.', 'Remove the network and create it again.'],
  PORTS_UNSUPPORTED: [
    'Publishing ports is not supported on this network: a session is reached through the proxy.',
    'Start the container without -p or -P.',
  ],
  ADDRESS_MISSING: ['Docker gave the endpoint no IPv4 address.', "Create the network with Docker's own IPAM driver."],
  STATE_UNWRITABLE: [
    'What the sidecar is about to do could not be written down, so it is not done.',
    'Make room on that file system (`df`), or make it writable, and try again.',
  ],
  HOST_COMMAND_FAILED: ['A command on the host failed.', 'Read the command and its message in the log.'],
  NAMESPACE_GONE: ['The network namespace of the container is gone.', 'Nothing: the container has ended.'],
  NAMESPACE_IS_HOST: [
    "The namespace that Docker named is the host's own.",
    'Do not use --network host with this network.',
  ],
  NO_LAUNCH_SCRIPT: [
    'No launch script came for this container before its deadline.',
    'Send one: `kasm-sidecar launch CONTAINER --config FILE`, or label the container kasm.egress=PROFILE.',
  ],
  PROFILE_INVALID: ['The profile that the label names cannot be used.', 'Correct the file in the profile folder.'],
  TYPE_UNSUPPORTED: ['This version has no tunnel of that type.', 'Use type wireguard, openvpn or none.'],
  CONFIG_INVALID: ['The VPN configuration cannot be used.', 'Correct the lines that are named.'],
  KEY_MISSING: ['There is no private key.', 'Put it into the credential or into the configuration.'],
  ENDPOINT_REFUSED: [
    'The VPN server address is not one that a tunnel may use from this host.',
    "Use the provider's public address, or allow the range with the setting KASM_SIDECAR_ENDPOINT_ALLOW.",
  ],
  ENDPOINT_UNRESOLVED: ["The VPN server's name does not resolve on the host.", "Check the name and the host's DNS."],
  TUNNEL_DEVICE_FAILED: [
    'The tunnel device could not be made.',
    'Check that /dev/net/tun exists, and that the kernel has WireGuard, or wireguard-go or openvpn is installed.',
  ],
  HANDSHAKE_TIMEOUT: [
    'The VPN server did not answer before the deadline.',
    'Check address, port and keys, that UDP leaves the host, and that no other session uses the same key.',
  ],
  TUNNEL_STALE: ['The VPN server has stopped answering.', 'Nothing: the sidecar keeps trying.'],
  TUNNEL_DIED: ["The tunnel's process ended.", 'Nothing: the sidecar starts it again.'],
  AUTH_FAILED: [
    'The VPN server refused the username or the password.',
    'Check the credential; it is not tried again before the launch script changes.',
  ],
  CHALLENGE_UNSUPPORTED: [
    'The VPN server asks for a second factor that nobody can type here.',
    'Use an account without one, or put the static answer into credential.custom.',
  ],
  KEY_PASSPHRASE_WRONG: [
    'The private key could not be used: it needs a passphrase, or another one.',
    'Put the passphrase into credential.custom, or the key without one into credential.private_key.',
  ],
  KEY_UNUSABLE: [
    'The private key could not be used to sign.',
    'Check that it is an RSA (at most 8,192 bits) or EC key in PEM, and that it belongs to <cert>.',
  ],
  SERVER_CERTIFICATE_EXPIRED: [
    "The VPN server's certificate has expired, or is not valid yet.",
    "Check the host's clock; if it is right, ask the provider.",
  ],
  SERVER_CERTIFICATE_UNTRUSTED: [
    "The VPN server's certificate is not from the authority that the configuration names.",
    "Check <ca>: it must be this provider's own.",
  ],
  SERVER_CERTIFICATE_WEAK: [
    "The VPN server's certificate has a key or a signature that is not safe any more.",
    "Ask the provider for a newer configuration. To take it all the same, as far as this host's OpenSSL does, add the line `tls-cert-profile legacy`.",
  ],
  SERVER_NAME_WRONG: [
    "The VPN server's certificate is for another name or purpose.",
    'Check verify-x509-name and remote-cert-tls, and that the remote is the right server.',
  ],
  CLIENT_CERTIFICATE_REFUSED: [
    'The VPN server refused the client certificate.',
    'Check that <cert> and the private key belong together, are from this server, and have not expired.',
  ],
  CLIENT_CERTIFICATE_WEAK: [
    'The client certificate has a key or a signature that is not safe any more.',
    'Ask for one with an RSA key of 2,048 bits or an EC key, signed with SHA-256. To use it all the same, add the line `tls-cert-profile legacy`.',
  ],
  TLS_KEY_MISMATCH: [
    "The tls-auth or tls-crypt key is not the VPN server's.",
    'Check the inline key, key-direction and auth.',
  ],
  TLS_VERSION_TOO_OLD: [
    'The VPN server offers only a TLS version or ciphers that are not safe any more.',
    'Ask the provider for a server with TLS 1.2 or later.',
  ],
  TLS_HANDSHAKE_STALLED: [
    'The VPN server answers, but does not complete the TLS handshake.',
    'Check that <cert> and its key are from this server. If they are, it may offer only a TLS version or ciphers that are not safe any more, or large packets may be lost on the way to it: ask the provider.',
  ],
  CIPHER_MISMATCH: [
    'The VPN server and this host have no data cipher in common.',
    "Take the cipher from the provider's newest file.",
  ],
  COMPRESSION_REQUIRED: [
    'The VPN server compresses what it sends, which is not allowed here: it can give encrypted text away.',
    'Ask the provider for a server without compression. To read what it sends all the same, add the line `allow-compression asym`; nothing is compressed on the way to it.',
  ],
  COMPRESSION_MISMATCH: [
    'The VPN server and the configuration disagree about the form of compressed packets.',
    "Take comp-lzo and compress out of the configuration if they are there; if not, add the line `comp-lzo no`. The provider's newest file has it right.",
  ],
  NOT_OPENVPN: ['What answers at that address does not speak OpenVPN.', 'Check the port and whether it is TCP or UDP.'],
  NO_INNER_ADDRESS: ['The VPN server gave this client no address.', 'Look at the server: it must push ifconfig.'],
  OPENVPN_FAILED: ['OpenVPN ended.', "Read openvpn/openvpn.log in the session's folder."],
  DISCONNECTED: ['An operator cut this session.', 'Reconnect it: `kasm-sidecar session CONTAINER --reconnect`.'],
  LAUNCH_SCRIPT_DELETED: ['The launch script was deleted, so the session is blocked.', 'Send a new one.'],
  LOCK_FAILED: ["The lock of the container's namespace could not be applied.", 'Read the message in the log.'],
} as const satisfies Record<string, readonly [sentence: string, whatToDo: string]>;

export type ErrorCode = keyof typeof errorCodes;

export const sentenceOf = (code: ErrorCode): string => errorCodes[code][0];
export const remedyOf = (code: ErrorCode): string => errorCodes[code][1];
