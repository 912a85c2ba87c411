/** A TCP segment to be made into a frame. Numbers are as they stand in the header. */
export interface TcpSegment {
  /** 10.0.0.1:40000 to 10.0.0.2:80, or back. */
  readonly fromA: boolean
  /** Of 10.0.0.1, if not 40000. */
  readonly portA?: number
  /** Twelve bits. */
  readonly flags: number
  readonly seq: number
  readonly ack: number
  readonly window: number
  readonly payloadLength: number
  readonly options: readonly number[]
  /** IP identification; 0 without. */
  readonly ipId?: number
  /** Time to live; 64 without. */
  readonly ttl?: number
  /** What the IP header claims, if not the truth. */
  readonly ipLength?: number
  /** More fragments follow. */
  readonly fragment?: boolean
  /** Bytes of the TCP header and what follows that are captured; the payload never is. */
  readonly snap?: number
}

/** The frame as captured, and its length on the wire. */
export interface CapturedFrame {
  readonly bytes: Uint8Array
  readonly length: number
}

const ETHERNET = 14
const IPV4 = 20

/** Ethernet, IPv4 and TCP headers around a payload that was left out by the snap length. Checksums are 0. */
export function tcpFrame(segment: TcpSegment): CapturedFrame {
  const { fromA, options, portA = 40_000 } = segment
  const padded = Math.ceil(options.length / 4) * 4
  const header = 20 + padded
  const bytes = new Uint8Array(ETHERNET + IPV4 + header)
  const view = new DataView(bytes.buffer)
  view.setUint16(12, 0x0800)
  view.setUint8(14, 0x45)
  view.setUint16(16, segment.ipLength ?? IPV4 + header + segment.payloadLength)
  view.setUint16(18, segment.ipId ?? 0)
  view.setUint16(20, segment.fragment ? 0x2000 : 0x4000)
  view.setUint8(22, segment.ttl ?? 64)
  view.setUint8(23, 6)
  view.setUint32(26, fromA ? 0x0a000001 : 0x0a000002)
  view.setUint32(30, fromA ? 0x0a000002 : 0x0a000001)
  const at = ETHERNET + IPV4
  view.setUint16(at, fromA ? portA : 80)
  view.setUint16(at + 2, fromA ? 80 : portA)
  view.setUint32(at + 4, segment.seq)
  view.setUint32(at + 8, segment.ack)
  view.setUint16(at + 12, ((header / 4) << 12) | segment.flags)
  view.setUint16(at + 14, segment.window)
  bytes.set(options, at + 20)
  const captured = segment.snap === undefined ? bytes : bytes.subarray(0, at + segment.snap)
  return { bytes: captured, length: bytes.length + segment.payloadLength }
}
