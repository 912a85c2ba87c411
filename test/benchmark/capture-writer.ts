import { closeSync, openSync, renameSync, writeSync } from 'node:fs'

/** 2026-01-01, in seconds: where the generated captures begin. */
const EPOCH_SECONDS = 1_767_225_600
const HEADER_BYTES = 128

/** A TCP segment or UDP datagram to write; ports, sequence numbers and lengths as in the headers. */
export interface OutgoingPacket {
  /** Nanoseconds since the capture began. */
  time: number
  ipv6: boolean
  udp: boolean
  source: number
  destination: number
  sourcePort: number
  destinationPort: number
  seq: number
  ack: number
  flags: number
  window: number
  length: number
  /** MSS, SACK permitted and window scale; on SYN and SYN-ACK. */
  handshake: boolean
  timestamps: boolean
  /** Left and right edge of a SACK block; equal = none. */
  sackLeft: number
  sackRight: number
  /** What the payload is cut from, `contentAt` bytes into it; without, it is anything. */
  content?: Buffer | undefined
  contentAt: number
}

/** Writes a nanosecond pcap, little-endian, Ethernet, in large pieces; it gets its name when it is complete. */
export class CaptureWriter {
  packets = 0
  bytes = 24
  readonly #path: string
  readonly #snapLength: number
  readonly #fd: number
  readonly #buffer = Buffer.alloc(1 << 20)
  readonly #payload: Buffer
  #at = 24
  /** The IP ID that came last, by hash of sender, receiver and ports: Linux counts for each socket, from a random number on. */
  readonly #ipIds = Uint16Array.from({ length: 1 << 20 }, (_, slot) => Math.imul(slot, 0x9e37) >>> 4)

  /** `payload` is where the contents of packets without any are taken from. */
  constructor(path: string, snapLength: number, payload: Buffer) {
    this.#path = path
    this.#snapLength = snapLength
    this.#payload = payload
    this.#fd = openSync(`${path}.part`, 'w')
    this.#buffer.write('4d3cb2a1020004000000000000000000', 'hex')
    this.#buffer.writeUInt32LE(snapLength, 16)
    this.#buffer.writeUInt32LE(1, 20)
  }

  write(packet: OutgoingPacket): void {
    const transport = packet.udp ? 8 : tcpHeaderBytes(packet)
    const network = packet.ipv6 ? 40 : 20
    const header = 14 + network + transport
    const length = header + packet.length
    const captured = Math.min(length, this.#snapLength)
    if (this.#at + 16 + Math.max(captured, HEADER_BYTES) > this.#buffer.length) this.#flush()
    const buffer = this.#buffer
    const record = this.#at
    const seconds = Math.floor(packet.time / 1e9)
    buffer.writeUInt32LE(EPOCH_SECONDS + seconds, record)
    buffer.writeUInt32LE(Math.floor(packet.time - seconds * 1e9), record + 4)
    buffer.writeUInt32LE(captured, record + 8)
    buffer.writeUInt32LE(length, record + 12)
    const frame = record + 16
    buffer.writeUInt32BE(0x0a58_0af4, frame)
    buffer.writeUInt32BE(0x0001_0a58, frame + 4)
    buffer.writeUInt32BE(0x0af4_0002, frame + 8)
    buffer.writeUInt16BE(packet.ipv6 ? 0x86dd : 0x0800, frame + 12)
    const ip = frame + 14
    if (packet.ipv6) this.#ipv6(ip, packet, transport + packet.length)
    else this.#ipv4(ip, packet, network + transport + packet.length)
    const at = ip + network
    buffer.writeUInt16BE(packet.sourcePort, at)
    buffer.writeUInt16BE(packet.destinationPort, at + 2)
    if (packet.udp) buffer.writeUInt32BE((8 + packet.length) * 0x1_0000 + 0xbeef, at + 4)
    else this.#tcp(at, packet, transport)
    if (captured > header) {
      const from = packet.content ? packet.contentAt : packet.seq % (this.#payload.length - 65_536)
      const payload = packet.content ?? this.#payload
      payload.copy(buffer, frame + header, from, from + captured - header)
    }
    this.#at = frame + captured
    this.packets++
    this.bytes += 16 + captured
  }

  close(): void {
    this.#flush()
    closeSync(this.#fd)
    renameSync(`${this.#path}.part`, this.#path)
  }

  #flush(): void {
    for (let done = 0; done < this.#at;) done += writeSync(this.#fd, this.#buffer, done, this.#at - done)
    this.#at = 0
  }

  #ipv4(at: number, packet: OutgoingPacket, total: number): void {
    const buffer = this.#buffer
    buffer.writeUInt32BE(0x4500_0000 + total, at)
    const ends = Math.imul(packet.source, 0x9e37_79b1) ^ Math.imul(packet.destination, 0x85eb_ca6b)
    const ports = Math.imul(packet.sourcePort * 0x1_0000 + packet.destinationPort, 0xc2b2_ae35)
    const slot = (ends ^ ports ^ ((ends ^ ports) >>> 15)) & (this.#ipIds.length - 1)
    buffer.writeUInt32BE((++this.#ipIds[slot] & 0xffff) * 0x1_0000 + 0x4000, at + 4)
    buffer.writeUInt32BE(packet.udp ? 0x4011_0000 : 0x4006_0000, at + 8)
    buffer.writeUInt32BE(packet.source, at + 12)
    buffer.writeUInt32BE(packet.destination, at + 16)
    let sum = 0
    for (let i = 0; i < 20; i += 2) sum += buffer.readUInt16BE(at + i)
    sum = (sum & 0xffff) + (sum >>> 16)
    buffer.writeUInt16BE(~(sum + (sum >>> 16)) & 0xffff, at + 10)
  }

  #ipv6(at: number, packet: OutgoingPacket, payload: number): void {
    const buffer = this.#buffer
    buffer.writeUInt32BE(0x6000_0000, at)
    buffer.writeUInt32BE(payload * 0x1_0000 + (packet.udp ? 0x1140 : 0x0640), at + 4)
    for (const [offset, address] of [
      [8, packet.source],
      [24, packet.destination],
    ]) {
      buffer.writeUInt32BE(0xfd00_0010, at + offset)
      buffer.writeUInt32BE(0x0244_0000, at + offset + 4)
      buffer.writeUInt32BE(0, at + offset + 8)
      buffer.writeUInt32BE(address, at + offset + 12)
    }
  }

  #tcp(at: number, packet: OutgoingPacket, header: number): void {
    const buffer = this.#buffer
    buffer.writeUInt32BE(packet.seq, at + 4)
    buffer.writeUInt32BE(packet.ack, at + 8)
    buffer.writeUInt16BE((header << 10) | packet.flags, at + 12)
    buffer.writeUInt16BE(packet.window, at + 14)
    buffer.writeUInt32BE(0, at + 16)
    let option = at + 20
    if (packet.handshake) {
      // MSS 1460, SACK permitted, NOP, NOP, NOP, window scale 7, NOP, NOP.
      buffer.writeUInt32BE(0x0204_05b4, option)
      buffer.writeUInt32BE(0x0402_0103, option + 4)
      buffer.writeUInt32BE(0x0307_0101, option + 8)
      option += 12
    }
    if (packet.timestamps) {
      const ticks = Math.floor(packet.time / 1e6)
      buffer.writeUInt32BE(0x0101_080a, option)
      buffer.writeUInt32BE((packet.source + ticks) >>> 0, option + 4)
      buffer.writeUInt32BE(packet.flags === 2 ? 0 : (packet.destination + ticks) >>> 0, option + 8)
      option += 12
    }
    if (packet.sackLeft !== packet.sackRight) {
      buffer.writeUInt32BE(0x0101_050a, option)
      buffer.writeUInt32BE(packet.sackLeft, option + 4)
      buffer.writeUInt32BE(packet.sackRight, option + 8)
    }
  }
}

function tcpHeaderBytes(packet: OutgoingPacket): number {
  return (
    20 + (packet.handshake ? 12 : 0) + (packet.timestamps ? 12 : 0) + (packet.sackLeft === packet.sackRight ? 0 : 12)
  )
}
