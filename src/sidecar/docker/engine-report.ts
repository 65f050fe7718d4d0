import Docker from 'dockerode';

/** What the doctor asks of the engine. An inspect may hang while its container starts, so every question has a deadline. */
export interface EngineReport {
  readonly version: string;
  readonly liveRestore: boolean;
  readonly plugins: readonly PluginReport[];
  readonly networks: readonly NetworkReport[];
  readonly containers: readonly ContainerReport[];
}

export interface PluginReport {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly reference: string;
  readonly entrypoint: readonly string[];
}

export interface NetworkReport {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly subnets: readonly string[];
}

export interface ContainerReport {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  readonly endpoints: readonly EndpointReport[];
}

export interface EndpointReport {
  readonly networkId: string;
  readonly endpointId: string;
  readonly ipv4: string;
}

/** Of one running container: where its namespace is, its names, and no more of its environment than the name of Kasm's API. */
export interface ContainerDetails {
  readonly sandboxKey: string;
  readonly hostsPath: string;
  readonly apiHost: string | undefined;
}

const API_HOST = 'KASM_API_HOST=';

export class EngineReporter {
  readonly #docker: Docker;
  readonly #timeoutMs: number;

  constructor(socketPath: string, timeoutMs: number) {
    this.#docker = new Docker({ socketPath });
    this.#timeoutMs = timeoutMs;
  }

  async report(): Promise<EngineReport> {
    const [version, info, plugins, networks, containers] = await Promise.all([
      this.#within(this.#docker.version()),
      this.#within(this.#docker.info() as Promise<{ LiveRestoreEnabled?: boolean }>),
      this.#within(this.#docker.listPlugins()),
      this.#within(this.#docker.listNetworks()),
      this.#within(this.#docker.listContainers({ all: true })),
    ]);
    return {
      version: version.Version,
      liveRestore: info.LiveRestoreEnabled ?? false,
      plugins: plugins.map(reportPlugin),
      networks: networks.map(reportNetwork),
      containers: containers.map(reportContainer),
    };
  }

  async details(containerId: string): Promise<ContainerDetails> {
    const { Config, HostsPath, NetworkSettings } = await this.#within(this.#docker.getContainer(containerId).inspect());
    return {
      sandboxKey: (NetworkSettings as { SandboxKey?: string }).SandboxKey ?? '',
      hostsPath: HostsPath,
      apiHost: Config.Env?.find((line) => line.startsWith(API_HOST))?.slice(API_HOST.length),
    };
  }

  async #within<T>(answer: Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer within ${this.#timeoutMs / 1000} s`)), this.#timeoutMs);
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const reportPlugin = (plugin: Docker.PluginInfo): PluginReport => ({
  id: plugin.Id ?? '',
  name: plugin.Name,
  enabled: plugin.Enabled,
  reference: plugin.PluginReference ?? '',
  entrypoint: (plugin.Config as { Entrypoint?: string[] }).Entrypoint ?? [],
});

const reportNetwork = (network: Docker.NetworkInspectInfo): NetworkReport => ({
  id: network.Id,
  name: network.Name,
  driver: network.Driver,
  internal: network.Internal,
  options: network.Options ?? {},
  subnets: (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : [])),
});

const reportContainer = ({ Id, Names, State, NetworkSettings }: Docker.ContainerInfo): ContainerReport => ({
  id: Id,
  name: (Names[0] ?? '').replace(/^\//, ''),
  running: State === 'running',
  endpoints: Object.values(NetworkSettings?.Networks ?? {}).map(({ NetworkID, EndpointID, IPAddress }) => ({
    networkId: NetworkID,
    endpointId: EndpointID,
    ipv4: IPAddress,
  })),
});
