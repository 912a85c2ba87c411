/** EtherTypes, by the names Wireshark gives them. */
export const ETHERTYPE_NAMES: Readonly<Record<number, string>> = {
  0x0800: 'IPv4',
  0x0806: 'ARP',
  0x2001: 'NHRP',
  0x6558: 'Transparent Ethernet bridging',
  0x8035: 'RARP',
  0x8100: '802.1Q Virtual LAN',
  0x8137: 'IPX',
  0x86dd: 'IPv6',
  0x8809: 'Slow Protocols',
  0x880b: 'PPP',
  0x8847: 'MPLS label switched packet',
  0x8848: 'MPLS multicast label switched packet',
  0x8863: 'PPPoE Discovery',
  0x8864: 'PPPoE Session',
  0x888e: '802.1X Authentication',
  0x88a8: '802.1ad Provider Bridge (Q-in-Q)',
  0x88be: 'ERSPAN',
  0x22eb: 'ERSPAN III',
  0x88cc: '802.1 Link Layer Discovery Protocol (LLDP)',
  0x8909: 'CiscoMetaData',
  0x894f: 'Network Service Header',
  0x9000: 'Loopback',
  0x9100: '802.1QinQ (obsolete)',
}

/** IP protocol numbers. */
export const IP_PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  0: 'IPv6 Hop-by-Hop Option',
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPIP',
  6: 'TCP',
  17: 'UDP',
  33: 'DCCP',
  41: 'IPv6',
  43: 'Routing Header for IPv6',
  44: 'Fragment Header for IPv6',
  46: 'Reservation Protocol',
  47: 'Generic Routing Encapsulation',
  50: 'Encap Security Payload',
  51: 'Authentication Header',
  58: 'ICMPv6',
  59: 'No Next Header for IPv6',
  60: 'Destination Options for IPv6',
  88: 'EIGRP',
  89: 'OSPF IGP',
  97: 'Ethernet within IP',
  103: 'Protocol Independent Multicast',
  112: 'VRRP',
  115: 'Layer 2 Tunneling',
  132: 'SCTP',
  135: 'Mobility Header',
  136: 'UDPlite',
  137: 'MPLS-in-IP',
}

const DSCP: Record<number, string> = { 0: 'Default', 44: 'Voice Admit', 46: 'Expedited Forwarding', 1: 'LE' }
for (let c = 1; c < 8; c++) DSCP[c * 8] = `Class Selector ${c}`
for (let c = 1; c < 5; c++) for (let d = 1; d < 4; d++) DSCP[c * 8 + d * 2] = `Assured Forwarding ${c}${d}`
/** Differentiated services code points (RFC 2474, 2597, 3246). */
export const DSCP_NAMES: Readonly<Record<number, string>> = DSCP

export const ECN_NAMES: Readonly<Record<number, string>> = {
  0: 'Not ECN-Capable Transport',
  1: 'ECN-Capable Transport codepoint 01',
  2: 'ECN-Capable Transport codepoint 10',
  3: 'Congestion Experienced',
}

/** "CS0", "AF11", "EF"; the number where there is no name. */
export function dscpShort(dscp: number): string {
  if (dscp === 46) return 'EF'
  if (dscp === 44) return 'VOICE-ADMIT'
  if (dscp === 1) return 'LE PHB'
  if (dscp % 8 === 0) return `CS${dscp / 8}`
  const name = DSCP[dscp]
  return name ? `AF${name.slice(-2)}` : String(dscp)
}

export const ecnShort = (ecn: number): string => ['Not-ECT', 'ECT(1)', 'ECT(0)', 'CE'][ecn] ?? ''

/** Linux's ARPHRD_ numbers and ARP hardware types, which are the same below 256. */
export const HARDWARE_NAMES: Readonly<Record<number, string>> = {
  1: 'Ethernet',
  6: 'IEEE 802',
  7: 'ARCNET',
  32: 'InfiniBand',
  512: 'PPP',
  768: 'IPv4 tunnel',
  769: 'IPv6 tunnel',
  772: 'Loopback',
  776: 'IPv6-in-IPv4 tunnel',
  778: 'GRE over IPv4',
  803: 'IEEE 802.11 + Radiotap',
  823: 'GRE over IPv6',
  824: 'Netlink',
  65534: 'None',
}
