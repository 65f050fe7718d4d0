import { addressOf } from '../../shared/ip.ts';
import type { ProxyPlace } from '../plan/resolv-conf.ts';
import type { Wire } from '../plan/wire.ts';
import type { EndpointRecord, NetworkRecord } from '../store/records.ts';
import type { SessionContext } from './session-context.ts';
import { toWire } from './wire-of.ts';

/** The endpoints of one session, and what the networks that they are on say of it. */
export class SessionEndpoints {
  readonly #context: Pick<SessionContext, 'networks' | 'proxiesOf'>;
  readonly #records = new Map<string, EndpointRecord>();

  constructor(context: Pick<SessionContext, 'networks' | 'proxiesOf'>) {
    this.#context = context;
  }

  all(): EndpointRecord[] {
    return [...this.#records.values()];
  }

  networks(): NetworkRecord[] {
    return this.all().flatMap(({ networkId }) => this.#context.networks.find(networkId) ?? []);
  }

  wires(): Wire[] {
    return this.all()
      .filter(({ networkId }) => this.#context.networks.find(networkId))
      .map((endpoint) => {
        const proxies = this.#context.proxiesOf(endpoint.networkId);
        return toWire(endpoint, this.#context.networks.wireNetwork(endpoint.networkId, proxies));
      });
  }

  /** Of the first network. */
  proxy(): ProxyPlace | undefined {
    const [endpoint] = this.#records.values();
    const network = endpoint && this.#context.networks.find(endpoint.networkId);
    const [proxy] = endpoint ? this.#context.proxiesOf(endpoint.networkId) : [];
    return network && proxy && { address: proxy.ipv4, subnet: network.subnet4, own: addressOf(endpoint.ipv4) };
  }

  isOn(networkId: string): boolean {
    return this.all().some((endpoint) => endpoint.networkId === networkId);
  }

  add(endpoint: EndpointRecord): void {
    this.#records.set(endpoint.id, endpoint);
  }

  /** @returns whether it was the last one. */
  remove(endpointId: string): boolean {
    this.#records.delete(endpointId);
    return this.#records.size === 0;
  }
}
