import { z } from 'zod';

/**
 * Docker's network plugin protocol, with Docker's own field names (moby: daemon/libnetwork/drivers/remote/api). Fields that
 * we don't use, or don't know yet, are ignored: a newer engine may send more. Lists and maps may be null.
 */
const options = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => value ?? {});
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

const ipamData = z
  .array(z.object({ Pool: text, Gateway: text }))
  .nullish()
  .transform((value) => value ?? []);

export const createNetworkRequest = z.object({
  NetworkID: z.string().min(1),
  Options: options,
  IPv4Data: ipamData,
  IPv6Data: ipamData,
});
export const networkRequest = z.object({ NetworkID: z.string().min(1) });
export const createEndpointRequest = z.object({
  NetworkID: z.string().min(1),
  EndpointID: z.string().min(1),
  Interface: z
    .object({ Address: text, AddressIPv6: text, MacAddress: text })
    .nullish()
    .transform((value) => value ?? { Address: undefined, AddressIPv6: undefined, MacAddress: undefined }),
  Options: options,
});
export const endpointRequest = z.object({ NetworkID: z.string().min(1), EndpointID: z.string().min(1) });
export const joinRequest = z.object({
  NetworkID: z.string().min(1),
  EndpointID: z.string().min(1),
  SandboxKey: z.string().min(1),
  Options: options,
});

export interface JoinResponse {
  /** `DstName` is ignored by engines up to 29.7; they append the lowest free number to `DstPrefix`. */
  readonly InterfaceName: { readonly SrcName: string; readonly DstPrefix: string; readonly DstName: string };
  readonly Gateway?: string;
  readonly GatewayIPv6?: string;
  /** Without it and without a gateway, Docker adds an interface of its own with a default route: a leak. */
  readonly DisableGatewayService?: boolean;
}

const NETWORK_OPTIONS = 'com.docker.network.generic';
const INTERNAL = 'com.docker.network.internal';
const PORT_MAP = 'com.docker.network.portmap';

/** What `docker network create -o` gave. */
export const userOptions = (options: Record<string, unknown>): Record<string, unknown> =>
  (options[NETWORK_OPTIONS] as Record<string, unknown> | null | undefined) ?? {};

export const isInternal = (options: Record<string, unknown>): boolean => options[INTERNAL] === true;

/** Whether `-p` or `-P` asks for ports. */
export const publishesPorts = (options: Record<string, unknown>): boolean => {
  const ports = options[PORT_MAP];
  return Array.isArray(ports) && ports.length > 0;
};

/** Endpoint driver-opts stand at the top level, beside Docker's own. */
export const launchKey = (options: Record<string, unknown>): string | undefined => {
  const key = options.launch;
  return typeof key === 'string' && key !== '' ? key : undefined;
};
