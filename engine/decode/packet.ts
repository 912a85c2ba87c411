import { MAX_LAYERS } from './packet-codes.ts'

export { DECODE_ERROR, MAX_LAYERS, NETWORK, TRANSPORT } from './packet-codes.ts'

/** Which words of the kernel's packet (engine/kernel/packet.ts) are read here; arrays follow. */
const WORD = {
  start: 0,
  end: 1,
  wireEnd: 2,
  linkType: 3,
  layerCount: 6,
  error: 8,
  errorAt: 9,
  network: 10,
  source: 11,
  destination: 12,
  sourceAt: 13,
  destinationAt: 14,
  ipId: 15,
  ttl: 16,
  fragment: 17,
  vni: 18,
  vlan: 19,
  transport: 20,
  quoted: 21,
  quotedNetwork: 22,
  quotedSourceAt: 23,
  quotedDestinationAt: 24,
  quotedIpId: 25,
  quotedTransport: 26,
  quotedSourcePort: 27,
  quotedDestinationPort: 28,
  quotedSeq: 29,
  icmpType: 30,
  icmpCode: 31,
  nextHopMtu: 32,
  sourcePort: 33,
  destinationPort: 34,
  payloadAt: 35,
  payloadLength: 36,
  hasPayloadLength: 37,
  seq: 38,
  ack: 39,
  tcpFlags: 40,
  window: 41,
  tcpHeaderLength: 42,
  optionsCut: 43,
  mss: 44,
  windowShift: 45,
  sackPermitted: 46,
  sackBlocks: 47,
  hasSack: 48,
  hasTimestamps: 49,
  tsval: 50,
  tsecr: 51,
  sack: 64,
  layerAt: 72,
  layerLimit: 72 + MAX_LAYERS,
} as const

/** Where the protocol ids of the layers are, in bytes from where the packet begins. */
const LAYERS_AT = (WORD.layerLimit + MAX_LAYERS) * 4

/** The kernel's packet, as views of its memory. */
export class DecodedWords {
  readonly words: Int32Array
  readonly layers: Uint8Array

  constructor(memory: ArrayBufferLike, at: number) {
    this.words = new Int32Array(memory, at, LAYERS_AT >> 2)
    this.layers = new Uint8Array(memory, at + LAYERS_AT, MAX_LAYERS)
  }

  get layerCount(): number {
    return this.words[WORD.layerCount]
  }
  get transport(): number {
    return this.words[WORD.transport]
  }
  get payloadLength(): number {
    return this.words[WORD.payloadLength]
  }
}

/**
 * A packet as the kernel has decoded it, for those who look at its bytes. Whoever reads many reads them into one. All positions are indices
 * into `bytes`. When layers repeat (tunnels), the network and transport fields are those of the innermost one; `layers` has them all.
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

  layerCount = 0
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
  sourceAt = -1
  destinationAt = -1
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

  /** Of what the kernel decoded, what is asked of each payload; `bytes[0]` lies at the kernel's address `base`. */
  readTransport({ words }: DecodedWords, bytes: Uint8Array, base: number): void {
    // Mostly the same chunk as before; the comparison is cheaper than the garbage collector's write barrier.
    if (this.bytes !== bytes) this.bytes = bytes
    this.end = words[WORD.end] - base
    this.fragment = words[WORD.fragment] !== 0
    this.transport = words[WORD.transport]
    this.sourcePort = words[WORD.sourcePort]
    this.destinationPort = words[WORD.destinationPort]
    this.payloadAt = words[WORD.payloadAt] - base
    this.payloadLength = words[WORD.payloadLength]
    this.hasPayloadLength = words[WORD.hasPayloadLength] !== 0
    this.seq = words[WORD.seq]
    this.ack = words[WORD.ack]
    this.tcpFlags = words[WORD.tcpFlags]
  }

  /** All of it. */
  read(decoded: DecodedWords, bytes: Uint8Array, base: number): void {
    const { words } = decoded
    this.readTransport(decoded, bytes, base)
    this.start = words[WORD.start] - base
    this.wireEnd = words[WORD.wireEnd] - base
    this.linkType = words[WORD.linkType]
    this.layerCount = words[WORD.layerCount]
    this.error = words[WORD.error]
    this.errorAt = words[WORD.errorAt] - base
    this.network = words[WORD.network]
    this.source = words[WORD.source]
    this.destination = words[WORD.destination]
    this.sourceAt = placeOf(words[WORD.sourceAt], base)
    this.destinationAt = placeOf(words[WORD.destinationAt], base)
    this.ipId = words[WORD.ipId] >>> 0
    this.ttl = words[WORD.ttl]
    this.vni = words[WORD.vni]
    this.vlan = words[WORD.vlan]
    this.quoted = words[WORD.quoted] !== 0
    this.quotedNetwork = words[WORD.quotedNetwork]
    this.quotedSourceAt = placeOf(words[WORD.quotedSourceAt], base)
    this.quotedDestinationAt = placeOf(words[WORD.quotedDestinationAt], base)
    this.quotedIpId = words[WORD.quotedIpId]
    this.quotedTransport = words[WORD.quotedTransport]
    this.quotedSourcePort = words[WORD.quotedSourcePort]
    this.quotedDestinationPort = words[WORD.quotedDestinationPort]
    this.quotedSeq = words[WORD.quotedSeq] >>> 0
    this.icmpType = words[WORD.icmpType]
    this.icmpCode = words[WORD.icmpCode]
    this.nextHopMtu = words[WORD.nextHopMtu] >>> 0
    this.window = words[WORD.window]
    this.tcpHeaderLength = words[WORD.tcpHeaderLength]
    this.optionsCut = words[WORD.optionsCut] !== 0
    this.mss = words[WORD.mss]
    this.windowShift = words[WORD.windowShift]
    this.sackPermitted = words[WORD.sackPermitted] !== 0
    this.sackBlocks = words[WORD.sackBlocks]
    this.hasSack = words[WORD.hasSack] !== 0
    this.hasTimestamps = words[WORD.hasTimestamps] !== 0
    this.tsval = words[WORD.tsval]
    this.tsecr = words[WORD.tsecr]
    for (let i = 0; i < this.sackBlocks * 2; i++) this.sack[i] = words[WORD.sack + i]
  }

  /** The layers as well, which few ask for. */
  readLayers({ words, layers }: DecodedWords, base: number): void {
    for (let i = 0; i < this.layerCount; i++) {
      this.layers[i] = layers[i]
      this.layerAt[i] = words[WORD.layerAt + i] - base
      this.layerLimit[i] = words[WORD.layerLimit + i] - base
    }
  }
}

/** A packet that says nothing of its frame, `bytes[start, end)`. */
export function emptyPacket(bytes: Uint8Array, start: number, end: number): Packet {
  const packet = new Packet()
  packet.bytes = bytes
  packet.start = start
  packet.end = packet.wireEnd = packet.payloadAt = end
  return packet
}

/** -1 stays what it is: no place. */
function placeOf(address: number, base: number): number {
  return address < 0 ? -1 : address - base
}
