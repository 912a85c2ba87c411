import { bytes, type FieldTable, flag, hex, none, part, protocol, string, uint } from './field-info.ts'
import type { FieldWriter } from './field-writer.ts'
import type { TcpContext } from './packet-context.ts'
import { writeTcpAnalysis } from './tcp-analysis-fields.ts'
import { TCP_OPTION } from './tcp-options.ts'

const OPTION_KINDS: Readonly<Record<number, string>> = {
  0: 'End of Option List',
  1: 'No-Operation',
  2: 'Maximum Segment Size',
  3: 'Window Scale',
  4: 'SACK Permitted',
  5: 'SACK',
  8: 'Time Stamp Option',
  19: 'MD5 Signature Option',
  28: 'User Timeout Option',
  29: 'Authentication Option (TCP-AO)',
  30: 'Multipath TCP',
  34: 'TCP Fast Open',
}

export const TCP_FIELDS = {
  tcp: protocol('Transmission Control Protocol'),
  'tcp.srcport': uint('Source Port', { also: ['tcp.port'] }),
  'tcp.dstport': uint('Destination Port', { also: ['tcp.port'] }),
  'tcp.port': uint('Source or Destination Port'),
  'tcp.stream': uint('Stream index'),
  'tcp.len': uint('TCP Segment Len'),
  'tcp.seq': uint('Sequence Number'),
  'tcp.seq_raw': uint('Sequence Number (raw)'),
  'tcp.nxtseq': uint('Next Sequence Number'),
  'tcp.ack': uint('Acknowledgment Number'),
  'tcp.ack_raw': uint('Acknowledgment number (raw)'),
  'tcp.hdr_len': part('Header Length', 0xf0, 8),
  'tcp.flags': part('Flags', 0x0fff, 16, { base: 'hex' }),
  'tcp.flags.res': flag('Reserved', 0xe00, 12),
  'tcp.flags.ae': flag('Accurate ECN', 0x100, 12),
  'tcp.flags.cwr': flag('Congestion Window Reduced', 0x080, 12),
  'tcp.flags.ece': flag('ECN-Echo', 0x040, 12),
  'tcp.flags.urg': flag('Urgent', 0x020, 12),
  'tcp.flags.ack': flag('Acknowledgment', 0x010, 12),
  'tcp.flags.push': flag('Push', 0x008, 12),
  'tcp.flags.reset': flag('Reset', 0x004, 12),
  'tcp.flags.syn': flag('Syn', 0x002, 12),
  'tcp.flags.fin': flag('Fin', 0x001, 12),
  'tcp.flags.str': string('TCP Flags'),
  'tcp.window_size_value': uint('Window'),
  'tcp.window_size': uint('Calculated window size'),
  'tcp.window_size_scalefactor': uint('Window size scaling factor'),
  'tcp.checksum': hex('Checksum'),
  'tcp.urgent_pointer': uint('Urgent Pointer'),
  'tcp.options': bytes('Options'),
  'tcp.option_kind': uint('Kind', { names: OPTION_KINDS }),
  'tcp.option_len': uint('Length'),
  'tcp.options.nop': none('TCP Option - No-Operation (NOP)'),
  'tcp.options.eol': none('TCP Option - End of Option List (EOL)'),
  'tcp.options.mss': bytes('TCP Option - Maximum segment size'),
  'tcp.options.mss_val': uint('MSS Value'),
  'tcp.options.wscale': bytes('TCP Option - Window scale'),
  'tcp.options.wscale.shift': uint('Shift count'),
  'tcp.options.wscale.multiplier': uint('Multiplier'),
  'tcp.options.sack_perm': bytes('TCP Option - SACK permitted'),
  'tcp.options.sack': bytes('TCP Option - SACK'),
  'tcp.options.sack_le': uint('left edge'),
  'tcp.options.sack_re': uint('right edge'),
  'tcp.options.sack.count': uint('TCP SACK Count'),
  'tcp.options.timestamp': bytes('TCP Option - Timestamps'),
  'tcp.options.timestamp.tsval': uint('Timestamp value'),
  'tcp.options.timestamp.tsecr': uint('Timestamp echo reply'),
  'tcp.options.md5': bytes('TCP Option - MD5 signature'),
  'tcp.options.md5.digest': bytes('MD5 digest'),
  'tcp.options.user_to': bytes('TCP Option - User Timeout'),
  'tcp.options.user_to_val': part('User Timeout', 0x7fff, 16),
  'tcp.options.ao': bytes('TCP Option - TCP AO'),
  'tcp.options.ao.keyid': uint('AO KeyID'),
  'tcp.options.mptcp': bytes('TCP Option - Multipath TCP'),
  'tcp.options.mptcp.subtype': part('Multipath TCP subtype', 0xf0, 8, {
    names: {
      0: 'Multipath Capable',
      1: 'Join Connection',
      2: 'Data Sequence Signal',
      3: 'Add Address',
      4: 'Remove Address',
      5: 'Change Subflow Priority',
      6: 'TCP Fallback',
      7: 'Fast Close',
    },
  }),
  'tcp.options.tfo': bytes('TCP Option - Fast Open'),
  'tcp.options.tfo.request': none('Fast Open Cookie Request'),
  'tcp.options.tfo.cookie': bytes('Fast Open Cookie'),
  'tcp.options.unknown': bytes('TCP Option - Unknown'),
  'tcp.payload': bytes('TCP payload'),
} as const satisfies FieldTable

export function writeTcp(out: FieldWriter, at: number): void {
  const headerLength = (out.u8(at + 12) >> 4) * 4
  const length = out.limit - at - headerLength
  const known = out.has(at, 16) && headerLength >= 20 && length >= 0
  const context = out.tcp
  out.layer('tcp', at, Math.min(at + Math.max(headerLength, 20), out.end), title(out, at, length, context))
  out.uint('tcp.srcport', at, 2)
  out.uint('tcp.dstport', at + 2, 2)
  if (context && out.context?.stream !== undefined) {
    out.value('tcp.stream', out.context.stream, at, at, `[Stream index: ${out.context.stream}]`)
  }
  if (known) out.value('tcp.len', length, at + 12, at + 13, `[TCP Segment Len: ${length}]`)
  numbers(out, at, known ? length : 0, context)
  out.bits(
    'tcp.hdr_len',
    at + 12,
    1,
    headerLength,
    out.texts ? `${headerLength} bytes (${headerLength / 4})` : undefined,
  )
  flags(out, at + 12)
  out.uint('tcp.window_size_value', at + 14, 2)
  if (context?.window !== undefined) {
    out.value('tcp.window_size', context.window, at + 14, at + 16, `[Calculated window size: ${context.window}]`)
    scale(out, at + 14, context.windowShift)
  }
  if (out.uint('tcp.checksum', at + 16, 2)) out.append(' [not verified]')
  out.uint('tcp.urgent_pointer', at + 18, 2)
  if (headerLength > 20) options(out, at + 20, at + headerLength, context)
  if (context) writeTcpAnalysis(out, at, context)
  if (known && length > 0) {
    const payload = at + headerLength
    out.captured('tcp.payload', payload, out.limit, out.texts ? `TCP payload (${length} bytes)` : undefined)
  }
  out.endLayer()
}

function title(out: FieldWriter, at: number, length: number, context: TcpContext | undefined): string {
  if (!out.texts || !out.has(at, 4)) return 'Transmission Control Protocol'
  const ports = `Src Port: ${out.u16(at)}, Dst Port: ${out.u16(at + 2)}`
  const sequence = out.has(at + 4, 4) ? `, Seq: ${relative(out.u32(at + 4), context?.sequenceBase)}` : ''
  if (!out.has(at, 14)) return `Transmission Control Protocol, ${ports}${sequence}`
  const ack = out.u8(at + 13) & 0x10 ? `, Ack: ${relative(out.u32(at + 8), context?.acknowledgmentBase)}` : ''
  return `Transmission Control Protocol, ${ports}${sequence}${ack}${length >= 0 ? `, Len: ${length}` : ''}`
}

const relative = (number: number, base: number | undefined): number =>
  base === undefined ? number : (number - base) >>> 0

function numbers(out: FieldWriter, at: number, length: number, context: TcpContext | undefined): void {
  const raw = out.u32(at + 4)
  const base = context?.sequenceBase
  const mark = base === undefined ? '' : '    (relative sequence number)'
  const sequence = relative(raw, base)
  if (out.has(at + 4, 4)) {
    out.value('tcp.seq', sequence, at + 4, at + 8, out.texts ? `Sequence Number: ${sequence}${mark}` : undefined)
  }
  out.uint('tcp.seq_raw', at + 4, 4)
  if (out.has(at + 12, 2)) {
    // SYN and FIN take a number each.
    const bits = out.u8(at + 13) & 0x03
    const next = (sequence + length + (bits & 1) + (bits >> 1)) >>> 0
    out.value('tcp.nxtseq', next, at + 4, at + 8, out.texts ? `[Next Sequence Number: ${next}${mark}]` : undefined)
  }
  if (out.has(at + 8, 6)) {
    const isAck = (out.u8(at + 13) & 0x10) !== 0
    const ackBase = isAck ? context?.acknowledgmentBase : undefined
    const ack = relative(out.u32(at + 8), ackBase)
    const ackMark = ackBase === undefined ? '' : '    (relative ack number)'
    out.value('tcp.ack', ack, at + 8, at + 12, out.texts ? `Acknowledgment Number: ${ack}${ackMark}` : undefined)
  }
  out.uint('tcp.ack_raw', at + 8, 4)
}

const FLAGS = [
  'tcp.flags.res',
  'tcp.flags.ae',
  'tcp.flags.cwr',
  'tcp.flags.ece',
  'tcp.flags.urg',
  'tcp.flags.ack',
  'tcp.flags.push',
  'tcp.flags.reset',
  'tcp.flags.syn',
  'tcp.flags.fin',
] as const
const LETTERS = 'RRRACEUAPRSF'

function flags(out: FieldWriter, at: number): void {
  if (!out.has(at, 2)) return
  const bits = out.u16(at) & 0xfff
  out.value('tcp.flags', bits, at, at + 2, out.texts ? flagsTitle(bits) : undefined)
  out.down()
  for (const field of FLAGS) out.bits(field, at, 2)
  if (out.wants('tcp.flags.str')) {
    let letters = ''
    for (let i = 0; i < 12; i++) letters += bits & (0x800 >> i) ? LETTERS[i] : '·'
    out.value('tcp.flags.str', letters, at, at + 2, `[TCP Flags: ${letters}]`)
  }
  out.up()
}

const flagsTitle = (bits: number): string =>
  `Flags: 0x${bits.toString(16).padStart(3, '0')} (${flagNames(bits) || '<None>'})`

const NAMES = [
  [0x001, 'FIN'],
  [0x002, 'SYN'],
  [0x004, 'RST'],
  [0x008, 'PSH'],
  [0x010, 'ACK'],
  [0x020, 'URG'],
  [0x040, 'ECE'],
  [0x080, 'CWR'],
  [0x100, 'AE'],
  [0xe00, 'Reserved'],
] as const

/** "SYN, ACK" */
export function flagNames(flags: number): string {
  return NAMES.filter(([mask]) => flags & mask)
    .map(([, name]) => name)
    .join(', ')
}

function scale(out: FieldWriter, at: number, shift: number | undefined): void {
  if (shift === undefined) return
  const text = shift === -1 ? '-1 (unknown)' : shift === -2 ? '-2 (no window scaling used)' : String(1 << shift)
  const factor = shift < 0 ? shift : 1 << shift
  out.value('tcp.window_size_scalefactor', factor, at, at + 2, `[Window size scaling factor: ${text}]`)
}

function options(out: FieldWriter, start: number, to: number, context: TcpContext | undefined): void {
  const text = out.texts ? `Options: (${to - start} bytes)${optionList(out, start, to)}` : undefined
  if (!out.captured('tcp.options', start, to, text)) return
  out.down()
  for (let at = start; at < to && out.has(at, 1);) {
    const kind = out.u8(at)
    if (kind === TCP_OPTION.end || kind === TCP_OPTION.noOperation) {
      const name = kind === TCP_OPTION.end ? 'tcp.options.eol' : 'tcp.options.nop'
      out.value(name, true, at, at + 1)
      out.down()
      out.uint('tcp.option_kind', at, 1)
      out.up()
      if (kind === TCP_OPTION.end) break
      at++
      continue
    }
    const length = out.u8(at + 1)
    if (length < 2 || at + length > to) {
      out.note(
        `TCP Option: length ${length} is impossible here; the options after it can't be read`,
        at,
        at + 1,
        'warn',
      )
      break
    }
    if (!out.has(at, length)) break
    option(out, kind, at, length, context)
    at += length
  }
  out.up()
}

/** ", Maximum segment size, No-Operation (NOP), Window scale" */
function optionList(out: FieldWriter, start: number, to: number): string {
  let text = ''
  for (let at = start; at < to && out.has(at, 2);) {
    const kind = out.u8(at)
    text += `, ${OPTION_TITLES[kind] ?? OPTION_KINDS[kind] ?? `Unknown (${kind})`}`
    if (kind === TCP_OPTION.end) break
    const length = kind === TCP_OPTION.noOperation ? 1 : out.u8(at + 1)
    if (length === 0) break
    at += length
  }
  return text
}

const OPTION_TITLES: Readonly<Record<number, string>> = {
  [TCP_OPTION.end]: 'End of Option List (EOL)',
  [TCP_OPTION.noOperation]: 'No-Operation (NOP)',
  [TCP_OPTION.mss]: 'Maximum segment size',
  [TCP_OPTION.windowScale]: 'Window scale',
  [TCP_OPTION.sackPermitted]: 'SACK permitted',
  [TCP_OPTION.timestamps]: 'Timestamps',
}

function option(out: FieldWriter, kind: number, at: number, length: number, context: TcpContext | undefined): void {
  const summary = out.texts ? optionSummary(out, kind, at, length) : undefined
  out.span(OPTION_FIELDS[kind] ?? 'tcp.options.unknown', at, at + length, summary)
  out.down()
  out.uint('tcp.option_kind', at, 1)
  out.uint('tcp.option_len', at + 1, 1)
  switch (kind) {
    case TCP_OPTION.mss:
      if (length === 4) out.uint('tcp.options.mss_val', at + 2, 2)
      break
    case TCP_OPTION.windowScale:
      if (length === 3) {
        out.uint('tcp.options.wscale.shift', at + 2, 1)
        const factor = 2 ** Math.min(out.u8(at + 2), 14)
        out.value('tcp.options.wscale.multiplier', factor, at + 2, at + 3, `[Multiplier: ${factor}]`)
      }
      break
    case TCP_OPTION.sack:
      sack(out, at + 2, at + length, context)
      break
    case TCP_OPTION.timestamps:
      if (length === 10) {
        out.uint('tcp.options.timestamp.tsval', at + 2, 4)
        out.uint('tcp.options.timestamp.tsecr', at + 6, 4)
      }
      break
    case TCP_OPTION.md5:
      out.span('tcp.options.md5.digest', at + 2, at + length)
      break
    case TCP_OPTION.userTimeout:
      if (length === 4) out.bits('tcp.options.user_to_val', at + 2, 2)
      break
    case TCP_OPTION.authentication:
      if (length >= 4) out.uint('tcp.options.ao.keyid', at + 2, 1)
      break
    case TCP_OPTION.mptcp:
      if (length >= 3) out.bits('tcp.options.mptcp.subtype', at + 2, 1)
      break
    case TCP_OPTION.fastOpen:
      if (length === 2) out.value('tcp.options.tfo.request', true, at, at + 2)
      else out.span('tcp.options.tfo.cookie', at + 2, at + length)
      break
  }
  out.up()
}

const OPTION_FIELDS: Readonly<Record<number, string>> = {
  [TCP_OPTION.mss]: 'tcp.options.mss',
  [TCP_OPTION.windowScale]: 'tcp.options.wscale',
  [TCP_OPTION.sackPermitted]: 'tcp.options.sack_perm',
  [TCP_OPTION.sack]: 'tcp.options.sack',
  [TCP_OPTION.timestamps]: 'tcp.options.timestamp',
  [TCP_OPTION.md5]: 'tcp.options.md5',
  [TCP_OPTION.userTimeout]: 'tcp.options.user_to',
  [TCP_OPTION.authentication]: 'tcp.options.ao',
  [TCP_OPTION.mptcp]: 'tcp.options.mptcp',
  [TCP_OPTION.fastOpen]: 'tcp.options.tfo',
}

function optionSummary(out: FieldWriter, kind: number, at: number, length: number): string {
  switch (kind) {
    case TCP_OPTION.mss:
      return `TCP Option - Maximum segment size: ${out.u16(at + 2)} bytes`
    case TCP_OPTION.windowScale: {
      const shift = Math.min(out.u8(at + 2), 14)
      return `TCP Option - Window scale: ${shift} (multiply by ${2 ** shift})`
    }
    case TCP_OPTION.sackPermitted:
      return 'TCP Option - SACK permitted'
    case TCP_OPTION.sack:
      return 'TCP Option - SACK'
    case TCP_OPTION.timestamps:
      return `TCP Option - Timestamps: TSval ${out.u32(at + 2)}, TSecr ${out.u32(at + 6)}`
    case TCP_OPTION.userTimeout:
      return 'TCP Option - User Timeout'
    default:
      return `TCP Option - ${OPTION_KINDS[kind] ?? `Unknown (${kind})`}, ${length} bytes`
  }
}

/** The edges are numbers of what the other side sent. */
function sack(out: FieldWriter, start: number, to: number, context: TcpContext | undefined): void {
  const base = context?.acknowledgmentBase
  let count = 0
  for (let at = start; at + 8 <= to; at += 8) {
    const left = relative(out.u32(at), base)
    const right = relative(out.u32(at + 4), base)
    const mark = base === undefined ? '' : ' (relative)'
    out.value('tcp.options.sack_le', left, at, at + 4, out.texts ? `left edge = ${left}${mark}` : undefined)
    out.value('tcp.options.sack_re', right, at + 4, at + 8, out.texts ? `right edge = ${right}${mark}` : undefined)
    count++
  }
  out.value('tcp.options.sack.count', count, start, to, `[TCP SACK Count: ${count}]`)
}
