import type { Log } from '../../shared/log.ts';
import type { Ticker } from '../../shared/ticker.ts';
import type { Settings } from '../config.ts';
import type { Run } from '../host/command.ts';
import type { StartHold } from '../host/start-hold.ts';
import type { ProxyPeer } from '../plan/wire.ts';
import type { TunnelKind, TunnelKindName } from '../tunnels/tunnel.ts';
import type { EventJournal } from './event-journal.ts';
import type { HostNetwork } from './host-network.ts';
import type { LaunchScripts } from './launch-scripts.ts';
import type { Networks } from './networks.ts';
import type { Pace } from './pace.ts';
import type { PreparedTunnels } from './prepared-tunnels.ts';

/** What every session shares. */
export interface SessionContext {
  readonly settings: Settings;
  readonly run: Run;
  readonly host: HostNetwork;
  readonly startHold: StartHold;
  readonly networks: Networks;
  readonly launchScripts: LaunchScripts;
  readonly prepared: PreparedTunnels;
  readonly tunnels: Readonly<Record<TunnelKindName, TunnelKind>>;
  /** Whose tunnel must be made again waits for its turn. */
  readonly restoring: Pace;
  /** Whose server has fallen silent looks for it, and tries it again, in its turn: most notice it in the same second. */
  readonly refreshing: Pace;
  /** When quiet tunnels are looked at. */
  readonly everySecond: Ticker;
  readonly events: EventJournal;
  readonly log: Log;
  readonly proxiesOf: (networkId: string) => ProxyPeer[];
  /** Told when a session turns out to be the proxy of its network, or the proxy has gone. */
  readonly proxyChanged: (networkId: string) => void;
  /** Takes away the wire of an endpoint whose namespace has gone. */
  readonly removeEndpoint: (endpointId: string) => Promise<void>;
  /** Told when it is decided, or changes, whether a session may leave by its tunnel only. */
  readonly passageChanged: () => void;
}
