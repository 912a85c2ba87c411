export const ICMP_TYPES: Readonly<Record<number, string>> = {
  0: 'Echo (ping) reply',
  3: 'Destination unreachable',
  4: 'Source quench (flow control)',
  5: 'Redirect',
  8: 'Echo (ping) request',
  9: 'Router advertisement',
  10: 'Router solicitation',
  11: 'Time-to-live exceeded',
  12: 'Parameter problem',
  13: 'Timestamp request',
  14: 'Timestamp reply',
  17: 'Address mask request',
  18: 'Address mask reply',
}

const UNREACHABLE = [
  'Network unreachable',
  'Host unreachable',
  'Protocol unreachable',
  'Port unreachable',
  'Fragmentation needed',
  'Source route failed',
  'Destination network unknown',
  'Destination host unknown',
  'Source host isolated',
  'Network administratively prohibited',
  'Host administratively prohibited',
  'Network unreachable for TOS',
  'Host unreachable for TOS',
  'Communication administratively filtered',
  'Host precedence violation',
  'Precedence cutoff in effect',
]
const REDIRECT = [
  'Redirect for network',
  'Redirect for host',
  'Redirect for TOS and network',
  'Redirect for TOS and host',
]
const EXCEEDED = ['Time to live exceeded in transit', 'Fragment reassembly time exceeded']

export function icmpCodeName(type: number, code: number): string | undefined {
  switch (type) {
    case 3:
      return UNREACHABLE[code]
    case 5:
      return REDIRECT[code]
    case 11:
      return EXCEEDED[code]
    default:
      return undefined
  }
}

export const ICMPV6_TYPES: Readonly<Record<number, string>> = {
  1: 'Destination Unreachable',
  2: 'Packet Too Big',
  3: 'Time Exceeded',
  4: 'Parameter Problem',
  128: 'Echo (ping) request',
  129: 'Echo (ping) reply',
  130: 'Multicast Listener Query',
  131: 'Multicast Listener Report',
  132: 'Multicast Listener Done',
  133: 'Router Solicitation',
  134: 'Router Advertisement',
  135: 'Neighbor Solicitation',
  136: 'Neighbor Advertisement',
  137: 'Redirect',
  143: 'Multicast Listener Report Message v2',
}

const UNREACHABLE_6 = [
  'no route to destination',
  'Administratively prohibited',
  'Beyond scope of source address',
  'Address unreachable',
  'Port unreachable',
  'Source address failed ingress/egress policy',
  'Reject route to destination',
]
const EXCEEDED_6 = ['hop limit exceeded in transit', 'fragment reassembly time exceeded']
const PARAMETER_6 = [
  'erroneous header field encountered',
  'unrecognized Next Header type encountered',
  'unrecognized IPv6 option encountered',
]

export function icmpv6CodeName(type: number, code: number): string | undefined {
  switch (type) {
    case 1:
      return UNREACHABLE_6[code]
    case 3:
      return EXCEEDED_6[code]
    case 4:
      return PARAMETER_6[code]
    default:
      return undefined
  }
}

export const IGMP_TYPES: Readonly<Record<number, string>> = {
  0x11: 'Membership Query',
  0x12: 'Membership Report v1',
  0x16: 'Membership Report v2',
  0x17: 'Leave Group',
  0x22: 'Membership Report v3',
}
