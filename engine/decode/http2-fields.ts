import { asciiText } from '../application/ascii.ts'
import { GRPC_HEADER, grpcLength, grpcMessages } from '../application/grpc.ts'
import {
  ACK,
  FRAME,
  FRAME_NAMES,
  framesIn,
  HTTP2_ERRORS,
  type Http2Frame,
  PADDED,
  PREFACE,
  PRIORITY,
  unpadded,
} from '../application/http2-frames.ts'
import { frameTitle, PacketHeaderReader, type PacketHeaders } from '../application/http2-headers.ts'
import { bytes, type FieldTable, flag, hex, none, part, protocol, string, uint } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'

const BOOLEAN = ['True', 'False'] as const
const LOW_31 = 0x7fffffff
const HIGH_BIT = 0x80000000

// RFC 9113 section 6.5.2, RFC 8441 section 3
const SETTINGS = [
  [1, 'header_table_size', 'Header table size'],
  [2, 'enable_push', 'Enable PUSH'],
  [3, 'max_concurrent_streams', 'Max concurrent streams'],
  [4, 'initial_window_size', 'Initial Windows Size'],
  [5, 'max_frame_size', 'Max frame size'],
  [6, 'max_header_list_size', 'Max header list size'],
  [8, 'extended_connect', 'Extended CONNECT'],
] as const
const SETTING_NAMES: Readonly<Record<number, string>> = Object.fromEntries(SETTINGS.map(([id, , text]) => [id, text]))
const SETTING_FIELDS: ReadonlyMap<number, string> = new Map(
  SETTINGS.map(([id, name]) => [id, `http2.settings.${name}`]),
)

export const HTTP2_FIELDS = {
  http2: protocol('HyperText Transfer Protocol 2'),
  'http2.magic': string('Magic'),
  'http2.stream': none('Stream'),
  'http2.length': uint('Length'),
  'http2.type': uint('Type', { names: FRAME_NAMES }),
  'http2.flags': hex('Flags'),
  'http2.flags.end_stream': flag('End Stream', 0x01, 8, BOOLEAN),
  'http2.flags.eh': flag('End Headers', 0x04, 8, BOOLEAN),
  'http2.flags.padded': flag('Padded', PADDED, 8, BOOLEAN),
  'http2.flags.priority': flag('Priority', PRIORITY, 8, BOOLEAN),
  'http2.flags.ack.ping': flag('ACK', ACK, 8, BOOLEAN),
  'http2.flags.ack.settings': flag('ACK', ACK, 8, BOOLEAN),
  'http2.streamid': part('Stream Identifier', LOW_31, 32),
  'http2.padding': hex('Pad Length'),
  'http2.exclusive': flag('Exclusive', HIGH_BIT, 32, BOOLEAN),
  'http2.stream_dependency': part('Stream Dependency', LOW_31, 32),
  'http2.headers.weight': uint('Weight'),
  'http2.headers.method': string(':method'),
  'http2.headers.path': string(':path'),
  'http2.headers.authority': string(':authority'),
  'http2.headers.status': uint(':status'),
  'http2.headers.content_type': string('content-type'),
  'http2.push_promise.promised_stream_id': part('Promised-Stream-ID', LOW_31, 32),
  'http2.rst_stream.error': uint('Error', { names: HTTP2_ERRORS }),
  'http2.settings': none('Settings'),
  'http2.settings.id': uint('Settings Identifier', { names: SETTING_NAMES }),
  'http2.settings.header_table_size': uint('Header table size'),
  'http2.settings.enable_push': uint('Enable PUSH'),
  'http2.settings.max_concurrent_streams': uint('Max concurrent streams'),
  'http2.settings.initial_window_size': uint('Initial Windows Size'),
  'http2.settings.max_frame_size': uint('Max frame size'),
  'http2.settings.max_header_list_size': uint('Max header list size'),
  'http2.settings.extended_connect': uint('Extended CONNECT'),
  'http2.settings.unknown': uint('Unknown Settings'),
  'http2.ping': bytes('Ping'),
  'http2.pong': bytes('Pong'),
  'http2.goaway.last_stream_id': part('Last-Stream-ID', LOW_31, 32),
  'http2.goaway.error': uint('Error', { names: HTTP2_ERRORS }),
  'http2.goaway.addata': bytes('Additional Debug Data'),
  'http2.window_update.window_size_increment': part('Window Size Increment', LOW_31, 32),
  grpc: protocol('GRPC Message'),
  'grpc.compressed_flag': uint('Compressed Flag', { names: { 0: 'Not Compressed', 1: 'Compressed' } }),
  'grpc.message_length': uint('Message Length'),
} as const satisfies FieldTable

/** The flags of a frame type that mean something (RFC 9113 section 6). */
const FLAG_FIELDS: Readonly<Record<number, readonly (keyof typeof HTTP2_FIELDS)[]>> = {
  [FRAME.data]: ['http2.flags.padded', 'http2.flags.end_stream'],
  [FRAME.headers]: ['http2.flags.priority', 'http2.flags.padded', 'http2.flags.eh', 'http2.flags.end_stream'],
  [FRAME.settings]: ['http2.flags.ack.settings'],
  [FRAME.pushPromise]: ['http2.flags.padded', 'http2.flags.eh'],
  [FRAME.ping]: ['http2.flags.ack.ping'],
  [FRAME.continuation]: ['http2.flags.eh'],
}

/** The frames that begin in [at, to), each a layer, and the messages of gRPC that fill one (RFC 9113 section 4.1). */
export function writeHttp2(out: FieldWriter, at: number, to: number): void {
  const found = framesIn(out.bytes, at, to)
  if (!found) return
  if (found.preface >= 0) {
    const end = found.preface + PREFACE.length
    out.layer('http2', found.preface, end, TITLE)
    out.value('http2.magic', PREFACE, found.preface, end, `Magic: ${JSON.stringify(PREFACE).slice(1, -1)}`)
    out.endLayer()
  }
  const headers = new PacketHeaderReader()
  for (const frame of found.frames) {
    // Nothing of a frame is read from behind it, whatever its kind should have.
    out.end = frame.to
    writeFrame(out, frame, headers.read(out.bytes, frame))
    out.end = to
    if (frame.type === FRAME.data && out.context?.carried === 'grpc') writeGrpc(out, frame)
  }
}

const TITLE = 'HyperText Transfer Protocol 2'

function writeFrame(out: FieldWriter, frame: Http2Frame, headers: PacketHeaders | undefined): void {
  const { at, length, from, to, type } = frame
  out.layer('http2', at, to, TITLE)
  out.value('http2.stream', true, at, to, out.texts ? `Stream: ${frameTitle(out.bytes, frame, headers)}` : undefined)
  out.down()
  out.uint('http2.length', at, 3)
  out.uint('http2.type', at + 3, 1)
  out.uint('http2.flags', at + 4, 1)
  out.down()
  for (const field of FLAG_FIELDS[type] ?? []) out.bits(field, at + 4, 1)
  out.up()
  out.bits('http2.streamid', at + 5, 4)
  const padded = (frame.flags & PADDED) !== 0
  if (padded) out.uint('http2.padding', from, 1)
  writePayload(out, frame, padded ? from + 1 : from, headers)
  if (to - from < length) {
    out.note(`${length - (to - from)} of the frame's ${length} bytes are not in this packet`, to, to, 'note')
  }
  out.up()
  out.endLayer()
}

/** What the frame's kind has behind the length of its padding, which is at `at`. */
function writePayload(out: FieldWriter, frame: Http2Frame, at: number, headers: PacketHeaders | undefined): void {
  const { type, flags, to } = frame
  const isAck = (flags & ACK) !== 0
  switch (type) {
    case FRAME.data: {
      const content = unpadded(out.bytes, frame) ?? { from: Math.min(at, to), to }
      if (content.to > content.from) {
        out.note(`Data: ${content.to - content.from} bytes in this packet`, content.from, content.to)
      }
      break
    }
    case FRAME.headers:
      if ((flags & PRIORITY) !== 0) writePriority(out, at)
      writeHeaders(out, (flags & PRIORITY) === 0 ? at : at + 5, to, headers)
      break
    case FRAME.priority:
      writePriority(out, at)
      break
    case FRAME.rstStream:
      out.uint('http2.rst_stream.error', at, 4)
      break
    case FRAME.settings:
      for (let next = at; out.has(next, 6); next += 6) writeSetting(out, next)
      break
    case FRAME.pushPromise:
      out.bits('http2.push_promise.promised_stream_id', at, 4)
      writeHeaders(out, at + 4, to, headers)
      break
    case FRAME.ping:
      out.span(isAck ? 'http2.pong' : 'http2.ping', at, at + 8)
      break
    case FRAME.goaway:
      out.bits('http2.goaway.last_stream_id', at, 4)
      out.uint('http2.goaway.error', at + 4, 4)
      out.captured(
        'http2.goaway.addata',
        at + 8,
        to,
        out.texts ? `Additional Debug Data: ${asciiText(out.bytes, at + 8, to)}` : undefined,
      )
      break
    case FRAME.windowUpdate:
      out.bits('http2.window_update.window_size_increment', at, 4)
      break
    case FRAME.continuation:
      writeHeaders(out, at, to, headers)
      break
    default:
  }
}

function writePriority(out: FieldWriter, at: number): void {
  out.bits('http2.exclusive', at, 4)
  out.bits('http2.stream_dependency', at, 4)
  out.uint('http2.headers.weight', at + 4, 1)
}

function writeSetting(out: FieldWriter, at: number): void {
  const id = out.u16(at)
  const value = out.u32(at + 2)
  const name = SETTING_NAMES[id] ?? `Unknown (${id})`
  out.value('http2.settings', true, at, at + 6, out.texts ? `Settings - ${name}: ${value}` : undefined)
  out.down()
  out.uint('http2.settings.id', at, 2)
  out.uint(SETTING_FIELDS.get(id) ?? 'http2.settings.unknown', at + 2, 4)
  out.up()
}

/** Every field marks the whole block: the decoder of blocks does not say where each is. Values that can hold secrets are not told. */
function writeHeaders(out: FieldWriter, at: number, to: number, headers: PacketHeaders | undefined): void {
  const from = Math.min(at, to)
  if (!headers) {
    out.note('Header fields: their block is not whole in this frame and packet', from, to, 'note')
    return
  }
  const { authority, contentType, method, others, path, status, unknown } = headers
  if (method !== undefined) out.value('http2.headers.method', method, from, to)
  if (path !== undefined) out.value('http2.headers.path', path, from, to)
  if (authority !== undefined) out.value('http2.headers.authority', authority, from, to)
  if (status !== undefined) out.value('http2.headers.status', status, from, to)
  if (contentType !== undefined) out.value('http2.headers.content_type', contentType, from, to)
  if (others.length > 0) out.note(`Other header fields: ${others.join(', ')}`, from, to)
  if (unknown > 0) {
    const what = unknown === 1 ? 'One header field depends' : `${unknown} header fields depend`
    out.note(`${what} on the connection's table, which earlier packets made`, from, to, 'note')
  }
}

function writeGrpc(out: FieldWriter, frame: Http2Frame): void {
  const content = unpadded(out.bytes, frame)
  if (!content) return
  for (const at of grpcMessages(out.bytes, content.from, content.to)) {
    const length = grpcLength(out.bytes, at)
    out.layer('grpc', at, at + GRPC_HEADER + length, `GRPC Message (${length} bytes)`)
    out.uint('grpc.compressed_flag', at, 1)
    out.uint('grpc.message_length', at + 1, 4)
    out.endLayer()
  }
}
