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
export const NETWORK = { none: 0, ipv4: 4, ipv6: 6, other: 1 } as const
export const TRANSPORT = { none: 0, tcp: 6, udp: 17, sctp: 132, icmp: 1, icmpv6: 58 } as const

/**
 * One packet while it is decoded. There is one of these per engine; each packet overwrites the last, so that
 * nothing is allocated on the way. All positions are indices into `bytes`. When layers repeat (tunnels), the
 * network and transport fields are those of the innermost one; `layers` has them all.
 */
export class Packet {
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  /** One past the last captured byte. */
  end = 0
  /** One past where the last byte would be, had the snap length cut nothing. */
  wireEnd = 0

  /** LINKTYPE_ value of the capture interface. */
  linkType = 0
  /** Where decoding is: the next header's first byte. */
  at = 0
  /** One past the last byte of the layer being decoded, by the lengths in the headers around it; may lie beyond `end`. */
  limit = 0

  layerCount = 0
  /** The innermost four layers, seven bits each: with no more than these, it tells the stack. */
  stackKey = 0
  /** Protocol ids, see protocols.ts. */
  readonly layers = new Uint8Array(MAX_LAYERS)
  /** Where each layer's header starts. */
  readonly layerAt = new Int32Array(MAX_LAYERS)
  /** Where each layer ends by the lengths in the headers around it; may lie beyond `end`. */
  readonly layerLimit = new Float64Array(MAX_LAYERS)
  /** See DECODE_ERROR. */
  error = 0
  /** First byte of the header that could not be decoded; meaningless without an error. */
  errorAt = 0

  /** See NETWORK. */
  network = 0
  // What fills 32 bits is kept signed, as it then is a small integer to V8, which costs no memory: `>>> 0` makes it what it says.
  /** IPv4 addresses; for IPv6 look at sourceAt. */
  source = 0
  destination = 0
  /** Where the address bytes are (4 or 16 of them; MAC addresses, 6, when network is none); -1 = there are none. */
  sourceAt = 0
  destinationAt = 0
  ipId = 0
  ttl = 0
  /** The datagram is one piece of several. */
  fragment = false
  /** Outermost-to-innermost identity of the virtual network: the last VNI/VLAN seen, 0 = none. */
  vni = 0
  vlan = 0

  /** See TRANSPORT. */
  transport = 0
  /**
   * The packet is an ICMP error that quotes another packet. The network and transport fields stay those of the ICMP packet;
   * what was quoted is in the `quoted...` fields, as far as it could be read.
   */
  quoted = false
  quotedNetwork = 0
  /** -1 = the quote does not reach that far. */
  quotedSourceAt = -1
  quotedDestinationAt = -1
  quotedIpId = 0
  /** TRANSPORT value, 0 when its ports could not be read. */
  quotedTransport = 0
  quotedSourcePort = 0
  quotedDestinationPort = 0
  /** TCP sequence number, when the quote holds the first 8 bytes of a TCP header. */
  quotedSeq = 0
  icmpType = 0
  icmpCode = 0
  /** From "fragmentation needed" and "packet too big"; 0 = not said. */
  nextHopMtu = 0
  sourcePort = 0
  destinationPort = 0
  /** Where the transport payload starts, and its length by the headers (not cut by the snap length). */
  payloadAt = 0
  payloadLength = 0
  /** False where the length of a TCP segment can't be known (fragment, IP length shorter than the header): not analysed then. */
  hasPayloadLength = false

  seq = 0
  ack = 0
  /** Twelve bits, as in the header. */
  tcpFlags = 0
  window = 0
  tcpHeaderLength = 0
  /** The options could not be read to their end (snap length): tshark prints no analysis there. */
  optionsCut = false
  /** 0 = no such option. */
  mss = 0
  /** -1 = no such option. */
  windowShift = -1
  sackPermitted = false
  /** SACK blocks present (at most 4), their edges in `sack` as left, right, left, right... */
  sackBlocks = 0
  readonly sack = new Uint32Array(8)
  /** There is a SACK option, even if none of its blocks was captured. */
  hasSack = false
  hasTimestamps = false
  tsval = 0
  tsecr = 0

  /** Makes the packet empty over `bytes[start, end)`. */
  reset(bytes: Uint8Array, start: number, end: number, wireEnd: number): void {
    // Mostly the same chunk as before; the comparison is cheaper than the garbage collector's write barrier.
    if (this.bytes !== bytes) this.bytes = bytes
    this.start = start
    this.end = end
    this.wireEnd = wireEnd
    this.at = start
    this.limit = wireEnd
    this.layerCount = 0
    this.stackKey = 0
    this.error = 0
    this.network = 0
    this.sourceAt = -1
    this.destinationAt = -1
    this.fragment = false
    this.vni = 0
    this.vlan = 0
    this.transport = 0
    this.quoted = false
    this.payloadAt = end
    this.payloadLength = 0
    this.hasPayloadLength = false
  }

  /**
   * Whether the `length` header bytes at `at` were captured and belong to the layer. If not, the error says which of the two failed.
   */
  has(at: number, length: number): boolean {
    const to = at + length
    if (to <= this.end && to <= this.limit) return true
    this.fail(to > this.limit ? DECODE_ERROR.malformed : DECODE_ERROR.cut, at)
    return false
  }

  /** Records why decoding ends here. Returns 0, "no next layer", for the decoders' convenience. */
  fail(error: number, at: number): 0 {
    this.error = error
    this.errorAt = at
    return 0
  }

  /** Records a layer; false when there are too many. */
  layer(protocol: number, at: number): boolean {
    const n = this.layerCount
    if (n === MAX_LAYERS) {
      this.fail(DECODE_ERROR.tooDeep, at)
      return false
    }
    this.layers[n] = protocol
    this.layerAt[n] = at
    this.layerLimit[n] = this.limit
    this.layerCount = n + 1
    this.stackKey = ((this.stackKey & 0x1f_ffff) << 7) | protocol
    return true
  }
}
