import { createHash } from 'node:crypto'

// Two nodes as a flannel-like CNI wires them, with real kernels at every place:
//
//   pod eth0 -- veth.. cni0 (bridge) node-a flannel.1 (VXLAN 1, UDP 8472) eth0 --+
//                                                                           fabric (a router; faults live here)
//   pod eth0 -- veth.. cni0 (bridge) node-b flannel.1 ------------------- eth0 --+
//
const NODES = {
  a: { pods: '10.244.1', address: '10.0.1.11', gateway: '10.0.1.1', mac: '0e:a2:6c:10:01:0b' },
  b: { pods: '10.244.2', address: '10.0.2.12', gateway: '10.0.2.1', mac: '0e:a2:6c:10:02:0c' },
}

export class Cluster {
  #network
  #df

  /** `df`: the tunnel's outer packets must not be fragmented on the way. */
  constructor(network, { df = false } = {}) {
    this.#df = df
    this.#network = network
    this.fabric = network.namespace('fabric')
    this.fabric.sysctl('net.ipv4.ip_forward=1')
    this.nodes = { a: this.#node('a'), b: this.#node('b') }
    this.#tunnel('a', 'b')
    this.#tunnel('b', 'a')
  }

  /** A pod's namespace; its end of the link is eth0. `offload: false` keeps TCP from sending more than one segment at once. */
  pod(node, role, lastByte, { offload = false, ipv6 } = {}) {
    const { pods } = NODES[node]
    const pod = this.#network.namespace(role, { ipv6: ipv6 !== undefined })
    const host = this.nodes[node]
    const address = `${pods}.${lastByte}`
    const veth = `veth${createHash('sha256').update(address).digest('hex').slice(0, 8)}`
    host.ip(
      'link',
      'add',
      veth,
      'mtu',
      '1450',
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'mtu',
      '1450',
      'netns',
      pod.name,
    )
    host.ip('link', 'set', veth, 'master', 'cni0', 'up')
    pod.ip('address', 'add', `${address}/24`, 'dev', 'eth0')
    if (ipv6) pod.ip('address', 'add', ipv6, 'dev', 'eth0', 'nodad')
    if (!offload) pod.ip('link', 'set', 'eth0', 'gso_max_segs', '1')
    pod.ip('link', 'set', 'eth0', 'up')
    // By route: a namespace may not choose its own default.
    pod.ip('route', 'add', 'default', 'via', `${pods}.1`, 'congctl', 'cubic')
    pod.ip('route', 'replace', `${pods}.0/24`, 'dev', 'eth0', 'src', address, 'congctl', 'cubic')
    pod.address = address
    pod.veth = veth
    return pod
  }

  /** A ClusterIP as kube-proxy's iptables mode does it, on both nodes. */
  service(address, port, endpoints, protocol = 'tcp') {
    for (const node of Object.values(this.nodes)) {
      for (const [index, endpoint] of endpoints.entries()) {
        const share = (1 / (endpoints.length - index)).toFixed(6)
        node.iptables(
          ...['-t', 'nat', '-A', 'PREROUTING', '-d', address, '-p', protocol, '--dport', String(port)],
          ...[
            '-m',
            'statistic',
            '--mode',
            'random',
            '--probability',
            share,
            '-j',
            'DNAT',
            '--to-destination',
            endpoint,
          ],
        )
      }
    }
  }

  /** Lets the tunnel's packets take `delayMs` each way, through a relay on the fabric (the kernel may lack netem). */
  async delay(delayMs, faults) {
    const { a, b } = NODES
    for (const [here, there] of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const node = this.nodes[here]
      node.run('bridge', 'fdb', 'replace', NODES[there].mac, 'dev', 'flannel.1', 'dst', NODES[here].gateway)
      // Between namespaces checksums are left to be filled in by hardware that is not there; the relay would pass them on like that.
      node.iptables('-t', 'mangle', '-A', 'POSTROUTING', '-o', 'flannel.1', '-j', 'CHECKSUM', '--checksum-fill')
    }
    return this.fabric.program('relay', {
      delayMs,
      faults,
      port: 8472,
      left: { local: a.gateway, remote: a.address },
      right: { local: b.gateway, remote: b.address },
    })
  }

  #node(name) {
    const { pods, address, gateway } = NODES[name]
    const node = this.#network.namespace(`node-${name}`)
    node.sysctl('net.ipv4.ip_forward=1')
    node.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', `to-${name}`, 'netns', this.fabric.name)
    this.fabric.ip('address', 'add', `${gateway}/24`, 'dev', `to-${name}`)
    this.fabric.ip('link', 'set', `to-${name}`, 'up')
    node.ip('address', 'add', `${address}/24`, 'dev', 'eth0')
    node.ip('link', 'set', 'eth0', 'up')
    node.ip('route', 'add', 'default', 'via', gateway)
    node.ip('link', 'add', 'cni0', 'type', 'bridge', 'mcast_snooping', '0')
    node.ip('address', 'add', `${pods}.1/24`, 'dev', 'cni0')
    node.ip('link', 'set', 'cni0', 'mtu', '1450', 'up')
    node.address = address
    return node
  }

  #tunnel(here, there) {
    const node = this.nodes[here]
    const near = NODES[here]
    const far = NODES[there]
    node.ip(
      ...['link', 'add', 'flannel.1', 'mtu', '1450', 'address', near.mac, 'type', 'vxlan', 'id', '1'],
      ...['local', near.address, 'dstport', '8472', 'nolearning', 'dev', 'eth0', ...(this.#df ? ['df', 'set'] : [])],
    )
    node.ip('address', 'add', `${near.pods}.0/32`, 'dev', 'flannel.1')
    node.ip('link', 'set', 'flannel.1', 'up')
    node.ip('neighbour', 'add', `${far.pods}.0`, 'lladdr', far.mac, 'dev', 'flannel.1', 'nud', 'permanent')
    node.run('bridge', 'fdb', 'append', far.mac, 'dev', 'flannel.1', 'dst', far.address)
    node.ip('route', 'add', `${far.pods}.0/24`, 'via', `${far.pods}.0`, 'dev', 'flannel.1', 'onlink')
  }
}
