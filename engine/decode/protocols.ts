/**
 * Every protocol a layer can be, by the name Wireshark gives it in `frame.protocols`. The index is the layer id in
 * Packet.layers and in the dictionary of stacks, so new ones go to the end.
 */
export const PROTOCOLS = [
  '',
  'eth',
  'ethertype',
  'vlan',
  'sll',
  'null',
  'raw',
  'ppp',
  'pppoes',
  'pppoed',
  'mpls',
  'arp',
  'ip',
  'ipv6',
  'ipv6.hopopts',
  'ipv6.routing',
  'ipv6.fraghdr',
  'ipv6.dstopts',
  'ah',
  'esp',
  'icmp',
  'icmpv6',
  'igmp',
  'udp',
  'tcp',
  'sctp',
  'gre',
  'vxlan',
  'geneve',
  'gtp',
  'wg',
  'llc',
  'data',
  'wlan',
] as const

export type Protocol = Exclude<(typeof PROTOCOLS)[number], ''>

/** Layer id by name. */
export const PROTOCOL = Object.fromEntries(PROTOCOLS.map((name, id) => [name, id])) as Readonly<Record<Protocol, number>>
