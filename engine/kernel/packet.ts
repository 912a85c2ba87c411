import { DECODE_ERROR, MAX_LAYERS, NETWORK, TRANSPORT } from '../decode/packet-codes.ts'
import { PACKET } from './layout.ts'
import { I32s, U8s } from './memory.ts'

const SACK: usize = 256
const LAYER_AT: usize = SACK + 8 * 4
const LAYER_LIMIT: usize = LAYER_AT + MAX_LAYERS * 4
const LAYERS: usize = LAYER_LIMIT + MAX_LAYERS * 4

/**
 * One packet while it is decoded. There is one; each packet overwrites the last. All positions are addresses in this memory. When layers
 * repeat (tunnels), the fields hold what the innermost says. Outside it is read word by word: the order is that of WORD in
 * decode/packet.ts.
 */
@unmanaged
export class Packet {
  /** First byte, one past the last captured byte, and one past where the last byte would be, had the snap length cut nothing. */
  start: i32
  end: i32
  wireEnd: i32
  /** LINKTYPE_ value of the capture interface. */
  linkType: i32
  /** Where decoding is: the next header's first byte. */
  at: i32
  /** One past the last byte of the layer being decoded, by the lengths in the headers around it; may lie beyond `end`. */
  limit: i32
  layerCount: i32
  /** The innermost four layers, seven bits each: with no more than these, it tells the stack. */
  stackKey: i32
  /** See DECODE_ERROR; and the first byte of the header that could not be decoded. */
  error: i32
  errorAt: i32
  /** See NETWORK. */
  network: i32
  /** IPv4 addresses; for IPv6 look at sourceAt. */
  source: i32
  destination: i32
  /** Where the address bytes are (4 or 16 of them; MAC addresses, 6, when network is none); -1 = there are none. */
  sourceAt: i32
  destinationAt: i32
  ipId: i32
  ttl: i32
  /** 1 = the datagram is one piece of several. */
  fragment: i32
  /** Outermost-to-innermost identity of the virtual network: the last VNI/VLAN seen, 0 = none. */
  vni: i32
  vlan: i32
  /** See TRANSPORT. */
  transport: i32
  /**
   * 1 = an ICMP error that quotes another packet. The network and transport fields stay those of the ICMP packet; what was quoted is in the
   * `quoted...` fields, as far as it could be read.
   */
  quoted: i32
  quotedNetwork: i32
  /** -1 = the quote does not reach that far. */
  quotedSourceAt: i32
  quotedDestinationAt: i32
  quotedIpId: i32
  /** TRANSPORT value, 0 when its ports could not be read. */
  quotedTransport: i32
  quotedSourcePort: i32
  quotedDestinationPort: i32
  /** TCP sequence number, when the quote holds the first 8 bytes of a TCP header; of UDP the digest of its payload (datagram-digest.ts), 0 = not told. */
  quotedSeq: i32
  icmpType: i32
  icmpCode: i32
  /** From "fragmentation needed" and "packet too big"; 0 = not said. */
  nextHopMtu: i32
  sourcePort: i32
  destinationPort: i32
  /** Where the transport payload starts, and its length by the headers (not cut by the snap length). */
  payloadAt: i32
  payloadLength: i32
  /** 0 where the length of a TCP segment can't be known (fragment, IP length shorter than the header): not analysed then. */
  hasPayloadLength: i32
  seq: i32
  ack: i32
  /** Twelve bits, as in the header. */
  tcpFlags: i32
  window: i32
  tcpHeaderLength: i32
  /** 1 = the options could not be read to their end (snap length): tshark prints no analysis there. */
  optionsCut: i32
  /** 0 = no such option. */
  mss: i32
  /** -1 = no such option. */
  windowShift: i32
  sackPermitted: i32
  /** SACK blocks present (at most 4), their edges in `sack` as left, right, left, right... */
  sackBlocks: i32
  /** There is a SACK option, even if none of its blocks was captured. */
  hasSack: i32
  hasTimestamps: i32
  tsval: i32
  tsecr: i32
  /** 1 = decodePlainTcp decoded it, and the last one: so there are no options but timestamps. */
  isPlain: i32

  // Behind these words lie arrays.
  get sack(): I32s {
    return changetype<I32s>(changetype<usize>(this) + SACK)
  }
  /** Where each layer's header starts. */
  get layerAt(): I32s {
    return changetype<I32s>(changetype<usize>(this) + LAYER_AT)
  }
  /** Where each layer ends by the lengths in the headers around it; may lie beyond `end`. */
  get layerLimit(): I32s {
    return changetype<I32s>(changetype<usize>(this) + LAYER_LIMIT)
  }
  /** Protocol ids, see PROTOCOL. */
  get layers(): U8s {
    return changetype<U8s>(changetype<usize>(this) + LAYERS)
  }

  /** Makes the packet empty over [start, end). */
  reset(start: i32, end: i32, wireEnd: i32): void {
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
    this.fragment = 0
    this.vni = 0
    this.vlan = 0
    this.transport = 0
    this.quoted = 0
    this.payloadAt = end
    this.payloadLength = 0
    this.hasPayloadLength = 0
    this.isPlain = 0
  }

  /** A TCP header begins, of which no option was read yet. */
  noTcpOptions(): void {
    this.optionsCut = 0
    this.mss = 0
    this.windowShift = -1
    this.sackPermitted = 0
    this.sackBlocks = 0
    this.hasSack = 0
    this.hasTimestamps = 0
  }

  /** Whether the `length` header bytes at `at` were captured and belong to the layer. If not, the error says which of the two failed. */
  has(at: i32, length: i32): bool {
    const to = at + length
    if (to <= this.end && to <= this.limit) return true
    this.fail(to > this.limit ? DECODE_ERROR.malformed : DECODE_ERROR.cut, at)
    return false
  }

  /** Records why decoding ends here. Returns 0, "no next layer", for the decoders' convenience. */
  fail(error: i32, at: i32): i32 {
    this.error = error
    this.errorAt = at
    return 0
  }

  /** The layer ends at `limit`, if the layers around it reach that far. */
  endAt(limit: i32): void {
    if (limit < this.limit) this.limit = limit
  }

  /** A frame begins, with the MAC addresses at these places: what a packet around it said, a tunnel's, does not describe the innermost one. */
  beginFrame(sourceAt: i32, destinationAt: i32): void {
    this.network = NETWORK.none
    this.transport = TRANSPORT.none
    this.fragment = 0
    this.sourceAt = sourceAt
    this.destinationAt = destinationAt
  }

  /** Records a layer; false when there are too many. */
  layer(protocol: i32, at: i32): bool {
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

/** The packet: at a fixed place, so that its fields are. */
export const packet = changetype<Packet>(PACKET)

/** For readers outside: word by word as above. */
export function packetAddress(): usize {
  return changetype<usize>(packet)
}
