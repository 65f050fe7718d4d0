import Docker from 'dockerode';

export interface NetworkMember {
  readonly name: string;
  readonly running: boolean;
}

/**
 * The engine's API, as far as it may be asked: lists and networks, which answer while a container starts; never an
 * inspect. Everything here may hang while the engine boots, so every call has a deadline.
 */
export class Engine {
  readonly #docker: Docker;
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.#docker = new Docker({ socketPath });
  }

  /** Name of a network; undefined where the engine doesn't know it. */
  async networkName(id: string, timeoutMs: number): Promise<string | undefined> {
    const networks = await this.#docker.listNetworks({
      filters: { id: [id] },
      abortSignal: AbortSignal.timeout(timeoutMs),
    });
    return networks.find((network) => network.Id === id)?.Name;
  }

  /** All networks: their ids and subnets. */
  async networks(timeoutMs: number): Promise<{ id: string; subnets: string[] }[]> {
    const networks = await this.#docker.listNetworks({ abortSignal: AbortSignal.timeout(timeoutMs) });
    return networks.map((network) => ({
      id: network.Id,
      subnets: (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : [])),
    }));
  }

  /** The engine's own: `28.5.2`, with whatever a distribution appends. */
  async version(timeoutMs: number): Promise<string> {
    // dockerode's types know no deadline for this call alone
    const { Version } = await new Docker({ socketPath: this.#socketPath, timeout: timeoutMs }).version();
    return Version;
  }

  /** Containers that belong to a network, running or not. */
  async members(networkId: string, timeoutMs: number): Promise<NetworkMember[]> {
    const containers = await this.#docker.listContainers({
      all: true,
      filters: { network: [networkId] },
      abortSignal: AbortSignal.timeout(timeoutMs),
    });
    return containers.map(({ Names, State }) => ({
      name: (Names[0] ?? '').replace(/^\//, ''),
      running: State === 'running',
    }));
  }
}
