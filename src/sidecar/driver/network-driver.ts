import { EgressError } from '../../shared/errors.ts';
import type { Endpoints } from '../sessions/endpoints.ts';
import type { Networks } from '../sessions/networks.ts';
import {
  createEndpointRequest,
  createNetworkRequest,
  endpointRequest,
  isInternal,
  type JoinResponse,
  joinRequest,
  launchKey,
  networkRequest,
  publishesPorts,
  userOptions,
} from './protocol.ts';

export type Verb = (body: unknown) => Promise<object>;

const nothing: Verb = async () => ({});

/**
 * Docker's calls, one short function a verb. Each is safe to repeat; Leave and the two Deletes succeed for what is not known,
 * since Docker forgets the object whatever we answer.
 * @param onHandshake called when an engine meets us for the first time since one of both was started
 */
export function createNetworkDriver(
  networks: Networks,
  endpoints: Endpoints,
  onHandshake: () => void,
): Readonly<Record<string, Verb>> {
  const createNetwork: Verb = async (body) => {
    const request = createNetworkRequest.parse(body);
    const [ipv4] = request.IPv4Data;
    const [ipv6] = request.IPv6Data;
    if (!ipv4?.Pool || !ipv4.Gateway) throw new EgressError('ADDRESS_MISSING');
    await networks.create({
      id: request.NetworkID,
      options: userOptions(request.Options),
      internal: isInternal(request.Options),
      subnet4: ipv4.Pool,
      gateway4: ipv4.Gateway,
      subnet6: ipv6?.Pool,
      gateway6: ipv6?.Gateway,
    });
    return {};
  };

  const deleteNetwork: Verb = async (body) => {
    const { NetworkID } = networkRequest.parse(body);
    await endpoints.settled(NetworkID);
    await networks.remove(NetworkID);
    return {};
  };

  const createEndpoint: Verb = async (body) => {
    const request = createEndpointRequest.parse(body);
    const { Address, AddressIPv6, MacAddress } = request.Interface;
    const { mac } = await endpoints.create({
      id: request.EndpointID,
      networkId: request.NetworkID,
      ipv4: Address,
      ipv6: AddressIPv6,
      mac: MacAddress,
      launchKey: launchKey(request.Options),
      published: publishesPorts(request.Options),
    });
    // Docker refuses an answer that repeats what it gave.
    return { Interface: MacAddress === undefined ? { MacAddress: mac } : {} };
  };

  const deleteEndpoint: Verb = async (body) => {
    await endpoints.delete(endpointRequest.parse(body).EndpointID);
    return {};
  };

  const join: Verb = async (body): Promise<JoinResponse> => {
    const request = joinRequest.parse(body);
    const joined = await endpoints.join(request.EndpointID, request.SandboxKey, publishesPorts(request.Options));
    return {
      InterfaceName: { SrcName: joined.containerLink, DstPrefix: joined.linkPrefix, DstName: joined.link },
      ...(joined.gateway4 === undefined ? { DisableGatewayService: true } : { Gateway: joined.gateway4 }),
      ...(joined.gateway6 === undefined ? {} : { GatewayIPv6: joined.gateway6 }),
    };
  };

  const leave: Verb = async (body) => {
    await endpoints.leave(endpointRequest.parse(body).EndpointID);
    return {};
  };

  const programExternalConnectivity: Verb = async (body) => {
    await endpoints.awaitEgress(endpointRequest.parse(body).EndpointID);
    return {};
  };

  return {
    'Plugin.Activate': async () => ({ Implements: ['NetworkDriver'] }),
    // Asked of a managed plugin when an engine starts, and of a process when the engine first needs it.
    'NetworkDriver.GetCapabilities': async () => {
      onHandshake();
      return { Scope: 'local', ConnectivityScope: 'local' };
    },
    'NetworkDriver.CreateNetwork': createNetwork,
    'NetworkDriver.DeleteNetwork': deleteNetwork,
    'NetworkDriver.CreateEndpoint': createEndpoint,
    'NetworkDriver.DeleteEndpoint': deleteEndpoint,
    'NetworkDriver.EndpointOperInfo': async () => ({ Value: {} }),
    'NetworkDriver.Join': join,
    'NetworkDriver.Leave': leave,
    'NetworkDriver.ProgramExternalConnectivity': programExternalConnectivity,
    'NetworkDriver.RevokeExternalConnectivity': nothing,
    // Sent to drivers of global scope only (Swarm); answered all the same.
    'NetworkDriver.DiscoverNew': nothing,
    'NetworkDriver.DiscoverDelete': nothing,
    'NetworkDriver.AllocateNetwork': async () => ({ Options: {} }),
    'NetworkDriver.FreeNetwork': nothing,
  };
}
