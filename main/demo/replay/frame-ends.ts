// Who talks to whom in an Ethernet frame, and the same frame with other ephemeral ports.

export interface FrameEnds {
  /** ip, ip6, arp or the number of what it is. */
  readonly network: string
  readonly source?: string
  readonly destination?: string
  /** tcp, udp, icmp. */
  readonly transport?: string
  readonly sourcePort?: number
  readonly destinationPort?: number
}

const TRANSPORTS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp' }
const IPV4 = 0x0800
const FIRST_EPHEMERAL = 32_768
const EPHEMERAL = 28_232
const VXLAN = [4789, 8472]

export function endsOf(frame: Buffer): FrameEnds {
  const type = frame.length >= 14 ? frame.readUInt16BE(12) : 0
  if (type !== IPV4 || frame.length < 34)
    return { network: type === 0x0806 ? 'arp' : type === 0x86dd ? 'ip6' : `${type}` }
  const at = 14 + (frame.readUInt8(14) & 15) * 4
  const transport = TRANSPORTS[frame.readUInt8(23)]
  const ports =
    (transport === 'tcp' || transport === 'udp') && frame.length >= at + 4
      ? { sourcePort: frame.readUInt16BE(at), destinationPort: frame.readUInt16BE(at + 2) }
      : {}
  return {
    network: 'ip',
    source: [...frame.subarray(26, 30)].join('.'),
    destination: [...frame.subarray(30, 34)].join('.'),
    ...(transport ? { transport } : {}),
    ...ports,
  }
}

/**
 * A copy whose ephemeral ports are those of another round, checksums included: a recording that is played again must not look like the
 * same connections, whose bytes would all be retransmissions. Round 0 is the recording itself.
 */
export function inRound(frame: Buffer, round: number): Buffer {
  if (round === 0) return frame
  const copy = Buffer.from(frame)
  renumber(copy, 0, round)
  return copy
}

function renumber(frame: Buffer, start: number, round: number): void {
  if (frame.length < start + 34 || frame.readUInt16BE(start + 12) !== IPV4) return
  renumberPacket(frame, start + 14, round)
}

function renumberPacket(frame: Buffer, ip: number, round: number): void {
  const at = ip + (frame.readUInt8(ip) & 15) * 4
  const protocol = frame.readUInt8(ip + 9)
  if (protocol === 1) {
    // An ICMP error quotes the packet it is about; its own checksum covers that.
    const about = at + 8
    const isError = frame.length >= about + 24 && [3, 11, 12].includes(frame.readUInt8(at))
    if (!isError || frame.readUInt8(about) >> 4 !== 4) return
    for (const port of portsOf(frame, about + (frame.readUInt8(about) & 15) * 4, round)) {
      replace(frame, port.at, port.value, at + 2)
    }
    return
  }
  if ((protocol !== 6 && protocol !== 17) || frame.length < at + 8) return
  if (protocol === 17 && VXLAN.includes(frame.readUInt16BE(at + 2))) return renumber(frame, at + 16, round)
  const checksum = at + (protocol === 6 ? 16 : 6)
  const has = frame.length >= checksum + 2 && (protocol === 6 || frame.readUInt16BE(checksum) !== 0)
  for (const port of portsOf(frame, at, round)) replace(frame, port.at, port.value, has ? checksum : undefined)
}

function portsOf(frame: Buffer, at: number, round: number): { at: number; value: number }[] {
  return [at, at + 2].flatMap((place) => {
    const port = frame.readUInt16BE(place)
    if (port < FIRST_EPHEMERAL || port >= FIRST_EPHEMERAL + EPHEMERAL) return []
    // A prime, so that it takes long until a port comes again.
    return [{ at: place, value: FIRST_EPHEMERAL + ((port - FIRST_EPHEMERAL + round * 7919) % EPHEMERAL) }]
  })
}

/** Two bytes and the checksum that covers them: RFC 1624. */
function replace(frame: Buffer, at: number, value: number, checksum: number | undefined): void {
  const old = frame.readUInt16BE(at)
  frame.writeUInt16BE(value, at)
  if (checksum === undefined) return
  let sum = (~frame.readUInt16BE(checksum) & 0xffff) + (~old & 0xffff) + value
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  frame.writeUInt16BE(~sum & 0xffff, checksum)
}
