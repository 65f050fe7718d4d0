import type { Client, Gateway } from '../../../lab/gateway.ts';
import type { Network } from '../network.ts';
import type { StateName } from './state.ts';
import type { Way } from './way.ts';

/** What stands in the tunnel's configuration: where its server is, and who we are to it. */
export interface Account {
  readonly client: Client;
  readonly gateway: Gateway;
  /** Of the server; in the state `connecting` it is somebody who never answers. */
  readonly server: string;
  readonly network: Network;
}

/**
 * A VPN container whose network namespace the attacker shares: as its root would, but with capabilities of the attacker's
 * own. Its first process waits for the signs `go-rules` and `go-tunnel` in /vpn, sources /vpn/rules and /vpn/tunnel, and
 * leaves the signs `done-…`; so every state can be held. After a restart the signs are there already.
 */
export interface Recipe extends Way {
  /** Why it can't be tried on this machine. */
  readonly missing?: string;
  readonly absent: Partial<Record<StateName, string>>;
  /** Arguments of `docker run` that its documents give. */
  readonly run: readonly string[];
  /** Text of files in the container's /vpn; scripts for bash. */
  readonly files: (account: Account) => {
    readonly rules: string;
    readonly tunnel: string;
    readonly [file: string]: string;
  };
  /** As `pkill` takes it; none: what carries the tunnel is the container's first process. */
  readonly tunnelProcess: string | undefined;
  /** The tunnel's, inside. */
  readonly device: string;
}
