import Docker from 'dockerode';

/** The container that an endpoint is for. */
export interface EndpointOwner {
  readonly name: string;
  /** Known from soon after Docker's Join on. */
  readonly id: string | undefined;
}

/** What a network's members are listed by while their endpoint has no sandbox (daemon/network.go). */
const NO_SANDBOX = 'ep-';

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
    const { Version } = await this.#impatient(timeoutMs).version();
    return Version;
  }

  /**
   * Who an endpoint is for, from its CreateEndpoint on; undefined where the engine doesn't know it. It takes the engine a
   * millisecond, also with many endpoints; a list of containers takes more for each that there is.
   */
  async ownerOf(networkId: string, endpointId: string, timeoutMs: number): Promise<EndpointOwner | undefined> {
    const { Containers } = await this.#impatient(timeoutMs).getNetwork(networkId).inspect();
    const [key, owner] = Object.entries(Containers ?? {}).find(([, { EndpointID }]) => EndpointID === endpointId) ?? [];
    return owner && { name: owner.Name, id: key?.startsWith(NO_SANDBOX) ? undefined : key };
  }

  /** For calls that know no deadline in dockerode's types. */
  #impatient(timeoutMs: number): Docker {
    return new Docker({ socketPath: this.#socketPath, timeout: timeoutMs });
  }
}
