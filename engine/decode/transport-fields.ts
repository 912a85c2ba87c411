import { bytes, type FieldTable, hex, protocol, uint } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'

const CHUNK_TYPES: Readonly<Record<number, string>> = {
  0: 'DATA',
  1: 'INIT',
  2: 'INIT_ACK',
  3: 'SACK',
  4: 'HEARTBEAT',
  5: 'HEARTBEAT_ACK',
  6: 'ABORT',
  7: 'SHUTDOWN',
  8: 'SHUTDOWN_ACK',
  9: 'ERROR',
  10: 'COOKIE_ECHO',
  11: 'COOKIE_ACK',
  14: 'SHUTDOWN_COMPLETE',
  15: 'AUTH',
  64: 'I_DATA',
  128: 'ASCONF_ACK',
  192: 'FORWARD_TSN',
  193: 'ASCONF',
}

export const TRANSPORT_FIELDS = {
  udp: protocol('User Datagram Protocol'),
  'udp.srcport': uint('Source Port', { also: ['udp.port'] }),
  'udp.dstport': uint('Destination Port', { also: ['udp.port'] }),
  'udp.port': uint('Source or Destination Port'),
  'udp.stream': uint('Stream index'),
  'udp.length': uint('Length'),
  'udp.checksum': hex('Checksum'),
  'udp.payload': bytes('UDP payload'),

  sctp: protocol('Stream Control Transmission Protocol'),
  'sctp.srcport': uint('Source port', { also: ['sctp.port'] }),
  'sctp.dstport': uint('Destination port', { also: ['sctp.port'] }),
  'sctp.port': uint('Port'),
  'sctp.verification_tag': hex('Verification tag'),
  'sctp.checksum': hex('Checksum'),
  'sctp.chunk_type': uint('Chunk type', { names: CHUNK_TYPES }),
  'sctp.chunk_flags': hex('Chunk flags'),
  'sctp.chunk_length': uint('Chunk length'),
  'sctp.data_tsn': uint('Transmission sequence number'),
  'sctp.data_sid': hex('Stream identifier'),
  'sctp.data_ssn': uint('Stream sequence number'),
  'sctp.data_payload_proto_id': uint('Payload protocol identifier'),
  'sctp.initack_chunk': uint('Initiate tag'),
  'sctp.sack_cumulative_tsn_ack': uint('Cumulative TSN ACK'),
} as const satisfies FieldTable

export function writeUdp(out: FieldWriter, at: number): void {
  const ports = out.texts && out.has(at, 4) ? `, Src Port: ${out.u16(at)}, Dst Port: ${out.u16(at + 2)}` : ''
  out.layer('udp', at, Math.min(at + 8, out.end), 'User Datagram Protocol' + ports)
  out.uint('udp.srcport', at, 2)
  out.uint('udp.dstport', at + 2, 2)
  out.uint('udp.length', at + 4, 2)
  if (out.uint('udp.checksum', at + 6, 2)) out.append(out.u16(at + 6) === 0 ? ' [not used]' : ' [not verified]')
  const claimed = out.u16(at + 4)
  const to = claimed >= 8 ? Math.min(at + claimed, out.limit) : out.limit
  const length = to - at - 8
  out.captured('udp.payload', at + 8, to, out.texts ? `UDP payload (${length} bytes)` : undefined)
  out.endLayer()
}

export function writeSctp(out: FieldWriter, at: number): void {
  const ports = out.texts && out.has(at, 4) ? `, Src Port: ${out.u16(at)}, Dst Port: ${out.u16(at + 2)}` : ''
  out.layer('sctp', at, out.end, 'Stream Control Transmission Protocol' + ports)
  out.uint('sctp.srcport', at, 2)
  out.uint('sctp.dstport', at + 2, 2)
  out.uint('sctp.verification_tag', at + 4, 4)
  out.uint('sctp.checksum', at + 8, 4)
  for (let chunk = at + 12; out.has(chunk, 4);) {
    const length = out.u16(chunk + 2)
    out.uint('sctp.chunk_type', chunk, 1)
    out.down()
    writeChunk(out, chunk)
    out.up()
    if (length < 4) {
      out.note(
        `A chunk length of ${length} is impossible; the chunks after it can't be read`,
        chunk + 2,
        chunk + 4,
        'warn',
      )
      break
    }
    chunk += (length + 3) & ~3
  }
  out.endLayer()
}

function writeChunk(out: FieldWriter, at: number): void {
  out.uint('sctp.chunk_flags', at + 1, 1)
  out.uint('sctp.chunk_length', at + 2, 2)
  switch (out.u8(at)) {
    case 0:
      out.uint('sctp.data_tsn', at + 4, 4)
      out.uint('sctp.data_sid', at + 8, 2)
      out.uint('sctp.data_ssn', at + 10, 2)
      out.uint('sctp.data_payload_proto_id', at + 12, 4)
      break
    case 3:
      out.uint('sctp.sack_cumulative_tsn_ack', at + 4, 4)
      break
  }
}

/** Names of the packet's chunks, for the Info column: "DATA SACK". */
export function chunkNames(bytes: Uint8Array, start: number, end: number): string {
  const names: string[] = []
  for (let at = start; at + 4 <= end && names.length < 8;) {
    const length = (bytes[at + 2] << 8) | bytes[at + 3]
    names.push(CHUNK_TYPES[bytes[at]] ?? `chunk type ${bytes[at]}`)
    if (length < 4) break
    at += (length + 3) & ~3
  }
  return names.join(' ')
}
