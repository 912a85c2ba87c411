import { type DnsMessage, dnsTypeName, readDnsMessage } from '../application/dns-message.ts'
import { grpcMessages } from '../application/grpc.ts'
import { FRAME, framesIn, unpadded } from '../application/http2-frames.ts'
import { frameTitle, PacketHeaderReader } from '../application/http2-headers.ts'
import {
  dnsOverTcp,
  httpFirstLine,
  isClearHandshake,
  payloadEnd,
  payloadProtocol,
  TLS_HANDSHAKES,
  type TlsRecord,
  tlsRecordAt,
} from '../application/payload.ts'
import { alertName, readHello } from '../application/tls-hello.ts'
import { RECORD } from '../application/tls-records.ts'
import type { PacketContext } from '../decode/packet-context.ts'
import { TRANSPORT, type Packet } from '../decode/packet.ts'
import { Needle } from '../../common/model/needle.ts'

/** What a packet's own payload says: of one that begins no message, nothing. */
export interface ApplicationInfo {
  /** As in Wireshark's Protocol column. */
  readonly protocol: string
  readonly info: string
}

const LONGEST_TEXT = 300
const MOST_RECORDS = 12
const MOST_FRAMES = 24
const CLIENT_HELLO = 1

type KnownBefore = Pick<PacketContext, 'serverName' | 'carried'>

/** Reads the payload of this one packet, without what came before or after it, except for what `known` says. */
export function applicationInfo(packet: Packet, known?: KnownBefore): ApplicationInfo | undefined {
  const protocol = payloadProtocol(packet, known?.carried)
  if (protocol === undefined) return undefined
  const { bytes, payloadAt: from } = packet
  const to = payloadEnd(packet)
  if (protocol === 'http2') return http2(bytes, from, to, known?.carried === 'grpc')
  const changed = protocol === 'http' && known?.carried !== undefined ? behindChange(bytes, from, to) : undefined
  if (changed !== undefined) {
    const { info, ...rest } = http2(bytes, changed, to, known?.carried === 'grpc')
    return { ...rest, info: `${http(bytes, from, to)}, ${info}` }
  }
  const info =
    protocol === 'http'
      ? http(bytes, from, to)
      : protocol === 'tls'
        ? tls(bytes, from, to, known?.serverName)
        : dns(packet, to)
  return { protocol: protocol.toUpperCase(), info }
}

/** Where frames of HTTP/2 begin behind a response that has changed to it; undefined where none is in the packet. */
function behindChange(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (!/^HTTP\/1\.1 101\b/.test(httpFirstLine(bytes, from, to)?.text ?? '')) return undefined
  const end = HEADER_END.indexIn(bytes.subarray(0, to), from)
  const next = end + HEADER_END.bytes.length
  return end >= 0 && framesIn(bytes, next, to) ? next : undefined
}

const HEADER_END = new Needle(Uint8Array.of(13, 10, 13, 10))

/** The frames that begin in this packet. */
function http2(bytes: Uint8Array, from: number, to: number, mayBeGrpc: boolean): ApplicationInfo {
  const { preface, frames } = framesIn(bytes, from, to) ?? { preface: -1, frames: [] }
  const headers = new PacketHeaderReader()
  const names = preface < 0 ? [] : ['Magic']
  let isGrpc = false
  for (const frame of frames) {
    const content = mayBeGrpc && frame.type === FRAME.data ? unpadded(bytes, frame) : undefined
    const messages = content ? grpcMessages(bytes, content.from, content.to) : []
    if (messages.length > 0) isGrpc = true
    names.push(frameTitle(bytes, frame, headers.read(bytes, frame)) + (messages.length > 0 ? ' (GRPC)' : ''))
  }
  const text = names.slice(0, MOST_FRAMES).join(', ')
  return { protocol: isGrpc ? 'GRPC' : 'HTTP2', info: names.length > MOST_FRAMES ? `${text}, …` : text }
}

const OPCODES: Readonly<Record<number, string>> = {
  0: 'Standard query',
  4: 'Zone change notification',
  5: 'Dynamic update',
}
const RCODES: Readonly<Record<number, string>> = {
  1: 'Format error',
  2: 'Server failure',
  3: 'No such name',
  4: 'Not implemented',
  5: 'Refused',
}

function dns({ bytes, payloadAt: from, transport }: Packet, to: number): string {
  const message = transport === TRANSPORT.tcp ? dnsOverTcp(bytes, from, to) : readDnsMessage(bytes, from, to)
  return message ? dnsText(message) : ''
}

function dnsText({ id, isResponse, opcode, rcode, truncated, question, answers }: DnsMessage): string {
  const parts = [
    `${OPCODES[opcode] ?? `Query with opcode ${opcode}`}${isResponse ? ' response' : ''}`,
    `0x${id.toString(16).padStart(4, '0')}`,
    isResponse && rcode !== 0 && (RCODES[rcode] ?? `Error ${rcode}`),
    question && `${dnsTypeName(question.type)} ${question.name === '' ? '<Root>' : question.name}`,
    isResponse && rcode === 0 && (answers === 1 ? '1 answer' : `${answers} answers`),
    truncated && 'truncated',
  ]
  return parts.filter((part) => typeof part === 'string').join(' ')
}

function http(bytes: Uint8Array, from: number, to: number): string {
  const line = httpFirstLine(bytes, from, to)
  if (!line) return ''
  const text = line.text.slice(0, LONGEST_TEXT)
  return line.cut || text.length < line.text.length ? `${text}…` : text
}

/** The records that begin in this packet. */
function tls(bytes: Uint8Array, from: number, to: number, serverName: string | undefined): string {
  const names: string[] = []
  let encrypted = false
  for (let at = from; names.length < MOST_RECORDS;) {
    const record = tlsRecordAt(bytes, at, to)
    if (!record) break
    names.push(recordText(bytes, record, encrypted, serverName))
    if (record.type === RECORD.changeCipherSpec) encrypted = true
    at = record.from + record.length
  }
  return names.join(', ')
}

function recordText(bytes: Uint8Array, record: TlsRecord, encrypted: boolean, nameBehind: string | undefined): string {
  const { from, length, to, type } = record
  if (type === RECORD.applicationData) return 'Application Data'
  if (type === RECORD.changeCipherSpec) return 'Change Cipher Spec'
  if (type === RECORD.alert) {
    return length === 2 && !encrypted && from + 2 <= to ? `Alert (${alertName(bytes[from + 1])})` : 'Encrypted Alert'
  }
  if (!isClearHandshake(bytes, record, encrypted)) return 'Encrypted Handshake Message'
  const name = TLS_HANDSHAKES[bytes[from]]
  if (bytes[from] !== CLIENT_HELLO) return name
  const goesOn = from + length > to
  const serverName = readHello(bytes, from + 4, to, true).serverName ?? (goesOn ? nameBehind : undefined)
  return serverName === undefined ? name : `${name} (SNI=${serverName})`
}
