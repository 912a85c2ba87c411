import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import type { ApiConnection } from '../api-connection.ts'
import { listAll } from '../cluster-access.ts'
import type { EndpointSlice } from '../objects.ts'
import { oneLine } from './tcpdump.ts'

// What a capture on a node's network would hold of itself: its bytes pass that very interface on their way here, so that each packet
// of them would make another one.

/** Of kubelets; of the tunnels through which some API servers reach them: konnectivity (GKE, AKS), RKE2's supervisor. */
const PORTS = [10_250, 8132, 9345]
const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** An address and port at which the API server is reached: by us, or by the nodes. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Where the API server is, as far as can be told: by the kubeconfig, and by the service "kubernetes" where that may be read. */
export async function apiServerEndpoints(connection: ApiConnection): Promise<readonly Endpoint[]> {
  const { hostname, port, protocol } = new URL(connection.cluster.server)
  const [ours, theirs] = await Promise.all([
    addressesOf(hostname.replace(/^\[|\]$/g, '')),
    listAll<EndpointSlice>(connection, '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      labelSelector: 'kubernetes.io/service-name=kubernetes',
    }).catch(() => ({ items: [] })),
  ])
  const own = ours.map((address) => ({ address, port: Number(port) || (protocol === 'http:' ? 80 : 443) }))
  const inCluster = theirs.items.flatMap(({ endpoints = [], ports = [] }) =>
    endpoints.flatMap(({ addresses }) =>
      addresses.flatMap((address) => ports.map((one) => ({ address, port: one.port ?? 443 }))),
    ),
  )
  // A tunnel's end on this machine is nothing to a node.
  const remote = [...own, ...inCluster].filter(
    ({ address }) => isIP(address) !== 0 && !LOOPBACK.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
  )
  return [...new Map(remote.map((one) => [`${one.address} ${one.port}`, one])).values()]
}

const addressesOf = async (host: string): Promise<readonly string[]> =>
  isIP(host) !== 0
    ? [host]
    : lookup(host, { all: true }).then(
        (all) => all.map(({ address }) => address),
        () => [],
      )

/** The filter without our own streams; on `any` also without the kubelet's to the container runtime, which are on loopback. */
export function withoutOurTraffic(filter: string, endpoints: readonly Endpoint[], on: string): string {
  const streams = [
    ...PORTS.map((port) => `tcp port ${port}`),
    ...endpoints.map(({ address, port }) => `host ${address} and tcp port ${port}`),
  ]
  const loopback = on === 'any' ? ['net 127.0.0.0/8', 'ip6 host ::1'] : []
  const own = [...streams, ...loopback].map((one) => `(${one})`).join(' or ')
  const text = oneLine(filter)
  return text === '' ? `not (${own})` : `(${text}) and not (${own})`
}

/** For the person: what such a capture does not hold. */
export function leftOut(endpoints: readonly Endpoint[]): string {
  const servers = endpoints.map(({ address, port }) => `${address} port ${port}`).join(', ')
  return (
    'Left out are the streams that bring the capture here: TCP ports 10250 (kubelet), 8132 and 9345 (tunnels of konnectivity and RKE2)' +
    (servers === '' ? '; where the API server is could not be told.' : `, and the API server at ${servers}.`)
  )
}
