import { asciiText } from '../application/ascii.ts'
import { isClearHandshake, TLS_HANDSHAKES, type TlsRecord, tlsRecordAt } from '../application/payload.ts'
import { ALERTS, CIPHERS, tlsVersionName } from '../application/tls-hello.ts'
import { RECORD } from '../application/tls-records.ts'
import { bytes, type FieldTable, hex, none, protocol, string, uint } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'

const CONTENT_TYPES: Readonly<Record<number, string>> = {
  20: 'Change Cipher Spec',
  21: 'Alert',
  22: 'Handshake',
  23: 'Application Data',
}
const VERSIONS: Readonly<Record<number, string>> = Object.fromEntries(
  [0x0300, 0x0301, 0x0302, 0x0303, 0x0304].map((version) => [version, tlsVersionName(version)]),
)
const LEVELS: Readonly<Record<number, string>> = { 1: 'Warning', 2: 'Fatal' }
// IANA, TLS ExtensionType Values: what is met today.
const EXTENSIONS: Readonly<Record<number, string>> = {
  0: 'server_name',
  1: 'max_fragment_length',
  5: 'status_request',
  10: 'supported_groups',
  11: 'ec_point_formats',
  13: 'signature_algorithms',
  16: 'application_layer_protocol_negotiation',
  18: 'signed_certificate_timestamp',
  21: 'padding',
  22: 'encrypt_then_mac',
  23: 'extended_master_secret',
  27: 'compress_certificate',
  35: 'session_ticket',
  41: 'pre_shared_key',
  42: 'early_data',
  43: 'supported_versions',
  44: 'cookie',
  45: 'psk_key_exchange_modes',
  49: 'post_handshake_auth',
  50: 'signature_algorithms_cert',
  51: 'key_share',
  0xfe0d: 'encrypted_client_hello',
  0xff01: 'renegotiation_info',
}

export const TLS_FIELDS = {
  tls: protocol('Transport Layer Security'),
  'tls.record': none('Record Layer'),
  'tls.record.content_type': uint('Content Type', { names: CONTENT_TYPES }),
  'tls.record.version': hex('Version', { names: VERSIONS }),
  'tls.record.length': uint('Length'),
  'tls.change_cipher_spec': none('Change Cipher Spec Message'),
  'tls.alert_message': none('Alert Message'),
  'tls.alert_message.level': uint('Level', { names: LEVELS }),
  'tls.alert_message.desc': uint('Description', { names: ALERTS }),
  'tls.app_data': bytes('Encrypted Application Data'),
  'tls.handshake': none('Handshake Protocol'),
  'tls.handshake.type': uint('Handshake Type', { names: TLS_HANDSHAKES }),
  'tls.handshake.length': uint('Length'),
  'tls.handshake.version': hex('Version', { names: VERSIONS }),
  'tls.handshake.random': bytes('Random'),
  'tls.handshake.session_id_length': uint('Session ID Length'),
  'tls.handshake.session_id': bytes('Session ID'),
  'tls.handshake.cipher_suites_length': uint('Cipher Suites Length'),
  'tls.handshake.ciphersuite': hex('Cipher Suite', { names: CIPHERS }),
  'tls.handshake.extensions_length': uint('Extensions Length'),
  'tls.handshake.extension.type': uint('Type', { names: EXTENSIONS }),
  'tls.handshake.extension.len': uint('Length'),
  'tls.handshake.extensions_server_name': string('Server Name'),
  'tls.handshake.extensions_alpn_str': string('ALPN Next Protocol'),
  'tls.handshake.extensions.supported_version': hex('Supported Version', { names: VERSIONS }),
} as const satisfies FieldTable

const RECORD_HEADER = 5
const HANDSHAKE_HEADER = 4
const CLIENT_HELLO = 1
const SERVER_HELLO = 2
const MOST_MESSAGES = 64

/** The records that begin in [at, to); what comes before the first whole header of one is another packet's (RFC 8446 section 5.1). */
export function writeTls(out: FieldWriter, at: number, to: number): void {
  out.layer('tls', at, to, 'Transport Layer Security')
  let encrypted = false
  for (let next = at; next < to;) {
    const record = tlsRecordAt(out.bytes, next, to)
    if (!record) break
    writeRecord(out, next, record, encrypted)
    // What the same side sends after it is encrypted, with an exception: see isClearHandshake.
    if (record.type === RECORD.changeCipherSpec) encrypted = true
    next = record.from + record.length
  }
  out.endLayer()
}

function writeRecord(out: FieldWriter, at: number, record: TlsRecord, encrypted: boolean): void {
  const { from, length, to, type } = record
  const clear = type === RECORD.handshake && isClearHandshake(out.bytes, record, encrypted)
  const what =
    type === RECORD.handshake ? `Handshake Protocol: ${handshakeTitle(out, record, clear)}` : CONTENT_TYPES[type]
  const version = tlsVersionName(out.u16(at + 1)).replace(' ', 'v')
  out.value('tls.record', true, at, to, out.texts ? `${version} Record Layer: ${what}` : undefined)
  out.down()
  out.uint('tls.record.content_type', at, 1)
  out.uint('tls.record.version', at + 1, 2)
  out.uint('tls.record.length', at + 3, 2)
  if (type === RECORD.handshake) {
    if (clear) writeMessages(out, from, to)
    else out.value('tls.handshake', true, from, to, 'Handshake Protocol: Encrypted Handshake Message')
  } else if (type === RECORD.applicationData) out.captured('tls.app_data', from, to)
  else if (type === RECORD.changeCipherSpec) out.value('tls.change_cipher_spec', true, from, to)
  else writeAlert(out, from, to, length, encrypted)
  if (from + length > to) {
    out.note(
      `${from + length - to} of the record's ${length + RECORD_HEADER} bytes are not in this packet`,
      to,
      to,
      'note',
    )
  }
  out.up()
}

function handshakeTitle(out: FieldWriter, { from, to }: TlsRecord, clear: boolean): string {
  if (!clear) return 'Encrypted Handshake Message'
  const next = from + HANDSHAKE_HEADER + messageLength(out, from)
  return next < to ? 'Multiple Handshake Messages' : TLS_HANDSHAKES[out.u8(from)]
}

/** A longer alert is encrypted. */
function writeAlert(out: FieldWriter, from: number, to: number, length: number, encrypted: boolean): void {
  const clear = length === 2 && !encrypted
  out.value('tls.alert_message', true, from, to, clear ? 'Alert Message' : 'Alert Message: Encrypted Alert')
  if (!clear) return
  out.down()
  out.uint('tls.alert_message.level', from, 1)
  out.uint('tls.alert_message.desc', from + 1, 1)
  out.up()
}

const messageLength = (out: FieldWriter, at: number): number => (out.u8(at + 1) << 16) | out.u16(at + 2)

/** Handshake messages, several of which may share a record; the last may go on in the next one. */
function writeMessages(out: FieldWriter, from: number, to: number): void {
  let next = from
  for (let count = 0; next < to && count < MOST_MESSAGES; count++) {
    const type = out.u8(next)
    const end = Math.min(to, next + HANDSHAKE_HEADER + messageLength(out, next))
    const name = TLS_HANDSHAKES[type]
    if (name === undefined) return
    out.value('tls.handshake', true, next, Math.max(end, next), `Handshake Protocol: ${name}`)
    out.down()
    out.uint('tls.handshake.type', next, 1)
    if (next + HANDSHAKE_HEADER <= to) out.uint('tls.handshake.length', next + 1, 3)
    if (type === CLIENT_HELLO || type === SERVER_HELLO) {
      const named = writeHello(out, next + HANDSHAKE_HEADER, end, type === CLIENT_HELLO)
      const goesOn = next + HANDSHAKE_HEADER + messageLength(out, next) > to
      if (type === CLIENT_HELLO && goesOn && !named) writeNameBehind(out, to)
    }
    out.up()
    next += HANDSHAKE_HEADER + messageLength(out, next)
  }
}

/** Hellos with keys for after quantum computers are longer than a segment; what was asked for is known from the whole of it. */
function writeNameBehind(out: FieldWriter, to: number): void {
  const name = out.context?.serverName
  if (name === undefined) return
  out.value('tls.handshake.extensions_server_name', name, to, to, `[Server Name: ${name}, in a packet that follows]`)
}

/**
 * The body of a ClientHello or ServerHello (RFC 8446 section 4.1): a client offers lists of cipher suites and compression methods, a
 * server has chosen one of each. Returns whether it names a server.
 *
 *     +---------+--------+---------------+----------+-------------+------------+
 *     | version | random | session id    | ciphers  | compression | extensions |
 *     | 2       | 32     | 1 + n         | 2 (+ n)  | 1 (+ n)     | 2 + n      |
 *     +---------+--------+---------------+----------+-------------+------------+
 */
function writeHello(out: FieldWriter, from: number, to: number, isClient: boolean): boolean {
  const fits = (at: number, length: number): boolean => at + length <= to
  if (!fits(from, 35)) return false
  out.uint('tls.handshake.version', from, 2)
  out.span('tls.handshake.random', from + 2, from + 34)
  out.uint('tls.handshake.session_id_length', from + 34, 1)
  const session = from + 35
  const ciphers = session + out.u8(from + 34)
  if (!fits(ciphers, 2)) return false
  if (ciphers > session) out.span('tls.handshake.session_id', session, ciphers)
  let at = ciphers + 2
  if (isClient) {
    const end = at + out.u16(ciphers)
    out.uint('tls.handshake.cipher_suites_length', ciphers, 2)
    out.note(`Cipher Suites (${Math.floor(out.u16(ciphers) / 2)} suites)`, at, Math.min(end, to))
    out.down()
    for (let one = at; one + 2 <= Math.min(end, to); one += 2) out.uint('tls.handshake.ciphersuite', one, 2)
    out.up()
    if (!fits(end, 1)) return false
    at = end + 1 + out.u8(end)
  } else {
    out.uint('tls.handshake.ciphersuite', ciphers, 2)
    at += 1
  }
  if (!fits(at, 2)) return false
  out.uint('tls.handshake.extensions_length', at, 2)
  const end = Math.min(to, at + 2 + out.u16(at))
  let named = false
  for (let next = at + 2; next + 4 <= end;) {
    const after = next + 4 + out.u16(next + 2)
    writeExtension(out, next, Math.min(after, end), isClient)
    if (out.u16(next) === SERVER_NAME && after <= end) named = true
    next = after
  }
  return named
}

const SERVER_NAME = 0
const ALPN = 16
const SUPPORTED_VERSIONS = 43

function writeExtension(out: FieldWriter, at: number, to: number, isClient: boolean): void {
  const type = out.u16(at)
  const length = out.u16(at + 2)
  const data = at + 4
  out.note(`Extension: ${EXTENSIONS[type] ?? `type ${type}`} (len=${length})`, at, to)
  out.down()
  out.uint('tls.handshake.extension.type', at, 2)
  out.uint('tls.handshake.extension.len', at + 2, 2)
  // Cut extensions are shown by name only.
  if (data + length <= to) {
    if (type === SERVER_NAME && isClient) writeServerNames(out, data, to)
    else if (type === ALPN) writeAlpn(out, data, to)
    else if (type === SUPPORTED_VERSIONS) {
      for (let next = isClient ? data + 1 : data; next + 2 <= to; next += 2) {
        out.uint('tls.handshake.extensions.supported_version', next, 2)
      }
    }
  }
  out.up()
}

/** RFC 6066 section 3: a list of names, each behind its type and length. */
function writeServerNames(out: FieldWriter, data: number, to: number): void {
  for (let next = data + 2; next + 3 <= to;) {
    const end = next + 3 + out.u16(next + 1)
    if (end > to) return
    if (out.u8(next) === 0) {
      out.value('tls.handshake.extensions_server_name', asciiText(out.bytes, next + 3, end), next + 3, end)
    }
    next = end
  }
}

/** RFC 7301 section 3.1 */
function writeAlpn(out: FieldWriter, data: number, to: number): void {
  for (let next = data + 2; next < to;) {
    const end = next + 1 + out.u8(next)
    if (end > to) return
    out.value('tls.handshake.extensions_alpn_str', asciiText(out.bytes, next + 1, end), next + 1, end)
    next = end
  }
}
