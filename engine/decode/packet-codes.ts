/** Layers kept of one packet; a deeper packet keeps its first ones and gets the error `too-deep`. */
export const MAX_LAYERS = 48

/** Why decoding of a packet stopped before its end. The layers decoded up to there stand. */
export const DECODE_ERROR = {
  none: 0,
  /** A header claims more bytes than the layer around it has: the packet is malformed. */
  malformed: 1,
  /** The snap length ended the packet inside a header: cut, not malformed. */
  cut: 2,
  /** More layers than MAX_LAYERS. */
  tooDeep: 3,
  /** A protocol that is named but not decoded. */
  notDecoded: 4,
} as const

/** What the innermost network and transport layers are. */
export const NETWORK = { none: 0, ipv4: 4, ipv6: 6 } as const
export const TRANSPORT = { none: 0, tcp: 6, udp: 17, sctp: 132, icmp: 1, icmpv6: 58 } as const
