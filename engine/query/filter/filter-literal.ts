import { ipv4Text } from '../../columns/address-text.ts'
import type { FilterField, FilterType } from './filter-field.ts'
import { FilterError, type OperandNode, type StringLiteral } from './filter-syntax.ts'

/** A value as a field of some type understands it. */
export type Literal =
  | { readonly kind: 'number'; readonly low: number; readonly high: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly bits?: number }
  | { readonly kind: 'text'; readonly text: string }

type LiteralNode = Extract<OperandNode, { kind: 'word' | 'string' | 'character' }>

/** What the literal is for: a field, or a slice or calculation of that type. */
export interface Target {
  readonly type: FilterType
  /** As it is called in messages: "ip.addr". */
  readonly name: string
  readonly field?: FilterField
  /** Nanoseconds since 1970 at which `time` is 0. */
  readonly epoch: bigint
}

const exactly = (value: number): Literal => ({ kind: 'number', low: value, high: value })

/** Reads the value as the target's type wants it. Throws FilterError. */
export function literalOf(node: LiteralNode, target: Target): Literal {
  const literal = read(node, target)
  if (literal) return literal
  throw new FilterError(
    `${target.name} takes ${expectation(target.type)}, not ${said(node)}${hint(node, target)}.`,
    node.span,
  )
}

function read(node: LiteralNode, target: Target): Literal | undefined {
  switch (target.type) {
    case 'uint':
    case 'double':
      return numeric(node, target)
    case 'bool':
      return boolean(node, target)
    case 'duration':
      return durationOf(node)
    case 'time':
      return timeOf(node, target.epoch)
    case 'ipv4':
      return node.kind === 'word' ? ipv4(node, target) : undefined
    case 'ipv6':
      return node.kind === 'word' ? ipv6(node, target) : undefined
    case 'ether':
      return ether(node)
    case 'bytes':
    case 'protocol':
      return bytes(node)
    case 'string':
      return { kind: 'text', text: textOf(node) }
    case 'none':
      throw new FilterError(`${target.name} has no value to compare. Write just its name.`, node.span)
  }
}

function expectation(type: FilterType): string {
  switch (type) {
    case 'uint':
    case 'double':
      return 'a number'
    case 'bool':
      return 'true or false (1 or 0)'
    case 'duration':
      return 'seconds such as 0.2, or 200ms'
    case 'time':
      return 'seconds since 1970, or a date in quotes such as "2026-11-21 02:00:00"'
    case 'ipv4':
      return 'an address such as 10.0.0.1 or 10.0.0.0/8'
    case 'ipv6':
      return 'an address such as fe80::1 or fe80::/10'
    case 'ether':
      return 'a hardware address such as 0a:58:0a:f4:01:07'
    case 'bytes':
    case 'protocol':
      return 'bytes such as de:ad:be:ef, or text in quotes'
    default:
      return 'text in quotes'
  }
}

function said(node: LiteralNode): string {
  if (node.kind === 'string') return JSON.stringify(node.string.text)
  return node.kind === 'character' ? `'${String.fromCharCode(node.code)}'` : `"${node.text}"`
}

function hint(node: LiteralNode, target: Target): string {
  const { type, name } = target
  if (node.kind === 'string') {
    const bare = read({ kind: 'word', text: node.string.text, span: node.span }, target)
    return bare ? '; leave the quotes out' : ''
  }
  if (node.kind !== 'word') return ''
  if (type === 'uint') return numberHint(node.text.toLowerCase(), name)
  const other =
    type === 'ipv4' && parseIpv6(node.text) ? 'ipv6' : type === 'ipv6' && parseIpv4(node.text) !== undefined ? 'ip' : ''
  return other ? `; for this kind of address there is ${other}.${name.split('.')[1] ?? 'addr'}` : ''
}

/** What people write of flags, for the fields that they are. */
const FLAGS: Readonly<Record<string, string>> = {
  ...{ syn: 'syn', ack: 'ack', fin: 'fin', rst: 'reset', reset: 'reset', psh: 'push', push: 'push', urg: 'urg' },
}

function numberHint(text: string, name: string): string {
  const [range, low, high] = /^(\d+)-(\d+)$/.exec(text) ?? []
  if (range !== undefined) return `; a range stands in a set: in {${low}..${high}}`
  if (/^[1-5]xx$/.test(text)) return `; all of these are in {${text[0]}00..${text[0]}99}`
  if (name === 'tcp.flags' && Object.hasOwn(FLAGS, text)) return `; a flag is a field: tcp.flags.${FLAGS[text]} == 1`
  return ''
}

function textOf(node: LiteralNode): string {
  if (node.kind === 'string') return checkedString(node.string).text
  return node.kind === 'word' ? node.text : String.fromCharCode(node.code)
}

/** A string all of whose escapes mean something. */
function checkedString(string: StringLiteral): StringLiteral {
  if (string.badEscape) {
    throw new FilterError(
      `${string.badEscape.text} means nothing in a string. A backslash is written \\\\.`,
      string.badEscape,
    )
  }
  return string
}

// Numbers

function numeric(node: LiteralNode, target: Target): Literal | undefined {
  if (node.kind === 'character') return exactly(node.code)
  const named = nameValue(textOf(node), target.field)
  if (named !== undefined) return exactly(named)
  const value = node.kind === 'word' ? numberOf(node.text) : undefined
  if (value === undefined) return undefined
  const { field } = target
  if (target.type === 'uint' && field?.max !== undefined && value < 0)
    throw new FilterError(`${textOf(node)} is too small for ${field.name}: at least 0.`, node.span)
  if (field?.max !== undefined && value > field.max) {
    throw new FilterError(
      `${node.kind === 'word' ? node.text : value} is too large for ${field.name}: at most ${field.max}.`,
      node.span,
    )
  }
  return exactly(value)
}

/** Decimal, 0x hexadecimal, 0 octal, 0b binary, with a sign, fraction or exponent; undefined if it is none. */
export function numberOf(text: string): number | undefined {
  const [, minus, digits] = /^(-?)(.*)$/.exec(text) ?? []
  let value: number
  if (/^0[0-7]+$/.test(digits)) value = parseInt(digits, 8)
  else if (/^(?:0x[0-9a-f]+|0b[01]+|\d+|\d*\.\d+(?:e[-+]?\d+)?|\d+e-?\d+)$/i.test(digits)) value = Number(digits)
  else return undefined
  return minus ? -value : value
}

function nameValue(text: string, field: FilterField | undefined): number | undefined {
  if (!field?.names) return undefined
  const wanted = text.toLowerCase()
  for (const [value, name] of Object.entries(field.names)) if (name.toLowerCase() === wanted) return Number(value)
  return undefined
}

function boolean(node: LiteralNode, target: Target): Literal | undefined {
  if (node.kind === 'character') return exactly(node.code === 0 ? 0 : 1)
  const text = textOf(node)
  if (/^(?:true|false)$/i.test(text)) return exactly(text.toLowerCase() === 'true' ? 1 : 0)
  const named = nameValue(text, target.field)
  if (named !== undefined) return exactly(named)
  const value = node.kind === 'word' ? numberOf(text) : undefined
  return value === undefined ? undefined : exactly(value === 0 ? 0 : 1)
}

// Times

const UNIT_DIGITS: Readonly<Record<string, number>> = { s: 9, ms: 6, us: 3, µs: 3, ns: 0 }

/** Nanoseconds in a decimal number of the unit, exactly; undefined if it is none. */
function nanoseconds(text: string): bigint | undefined {
  const found = /^(-?)(\d*)(?:\.(\d+))?(?:e(-?\d{1,2}))?(s|ms|us|µs|ns)?$/.exec(text)
  if (!found || (found[2] === '' && found[3] === undefined)) return undefined
  const [, minus, whole, fraction = '', exponent = '0', unit = 's'] = found
  const shift = UNIT_DIGITS[unit] + Number(exponent) - fraction.length
  const digits = BigInt(whole + fraction)
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift)
  return minus ? -value : value
}

function durationOf(node: LiteralNode): Literal | undefined {
  const value = node.kind === 'word' ? nanoseconds(node.text) : undefined
  return value === undefined ? undefined : exactly(Number(value))
}

function timeOf(node: LiteralNode, epoch: bigint): Literal | undefined {
  const text = textOf(node)
  const value = node.kind === 'word' ? (nanoseconds(text) ?? dateNs(text)) : dateNs(text)
  return value === undefined ? undefined : exactly(Number(value - epoch))
}

/**
 * A date in ISO 8601's form or as Wireshark shows it ("Nov 21, 2026 02:00:00.123456789"), in local time unless it names its zone;
 * nanoseconds since 1970.
 */
function dateNs(text: string): bigint | undefined {
  const found =
    /^(\d{4}-\d\d-\d\d|[A-Za-z]{3} +\d{1,2}, +\d{4})(?:[T ]+(\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?)? *(Z|UTC|[-+]\d\d:?\d\d)?$/.exec(
      text.trim(),
    )
  if (!found) return undefined
  const [, day, clock = '00:00:00', fraction = '', zone = ''] = found
  const seconds = clock.length === 5 ? `${clock}:00` : clock
  const iso = /^\d/.test(day)
  const ms = Date.parse(iso ? `${day}T${seconds}${zoneText(zone)}` : `${day} ${seconds} ${zone}`)
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}

function zoneText(zone: string): string {
  if (zone === 'UTC') return 'Z'
  return /^[-+]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone
}

// Addresses

function ipv4(node: LiteralNode & { kind: 'word' }, target: Target): Literal | undefined {
  const [text, prefix] = node.text.split('/')
  const address = parseIpv4(text)
  if (address === undefined) return undefined
  const bits = prefixLength(node, prefix, 32, target)
  const size = 2 ** (32 - bits)
  const low = Math.floor(address / size) * size
  return { kind: 'number', low, high: low + size - 1 }
}

export function parseIpv4(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number)
  if (!parts || parts.some((part) => part > 255)) return undefined
  return parts.reduce((address, part) => address * 256 + part, 0)
}

function ipv6(node: LiteralNode & { kind: 'word' }, target: Target): Literal | undefined {
  const [text, prefix] = node.text.split('/')
  const address = parseIpv6(text)
  if (!address) return undefined
  const bits = prefixLength(node, prefix, 128, target)
  return { kind: 'bytes', bytes: address, ...(bits < 128 && { bits }) }
}

function prefixLength(
  node: LiteralNode & { kind: 'word' },
  prefix: string | undefined,
  most: number,
  target: Target,
): number {
  if (prefix === undefined) return most
  if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= most) return Number(prefix)
  throw new FilterError(`The prefix of ${target.name} is 0 to ${most} bits long: "/${prefix}" is not.`, node.span)
}

/** RFC 4291 section 2.2, also with an IPv4 address at the end. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half) => (half === '' ? [] : half.split(':').flatMap(groupBytes)))
  if (groups.flat().some(Number.isNaN)) return undefined
  const [head, tail = []] = groups
  const missing = 16 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail])
}

function groupBytes(group: string): number[] {
  const address = parseIpv4(group)
  if (address !== undefined) return ipv4Text(address).split('.').map(Number)
  if (!/^[0-9a-f]{1,4}$/i.test(group)) return [NaN]
  const value = parseInt(group, 16)
  return [value >> 8, value & 0xff]
}

// Bytes

const BYTES = /^(?:[0-9a-f]{1,2}(?:[:.-][0-9a-f]{1,2})*[:.-]?|[0-9a-f]{4}(?:\.[0-9a-f]{4})*|(?:[0-9a-f]{2}){2,})$/i

/** aa:bb:cc, aa-bb-cc, aa.bb.cc, aabb.ccdd or aabbcc; undefined if it is none. */
export function parseBytes(text: string): Uint8Array | undefined {
  if (!BYTES.test(text)) return undefined
  const parts = text.split(/[:.-]/).filter(Boolean)
  const pairs = parts.flatMap((part) => (part.length > 2 ? (part.match(/../g) ?? []) : [part]))
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16))
}

function ether(node: LiteralNode): Literal | undefined {
  if (node.kind === 'character') return undefined
  const address = parseBytes(textOf(node))
  return address?.length === 6 ? { kind: 'bytes', bytes: address } : undefined
}

function bytes(node: LiteralNode): Literal | undefined {
  if (node.kind === 'character') return { kind: 'bytes', bytes: Uint8Array.of(node.code) }
  if (node.kind === 'string') return { kind: 'bytes', bytes: checkedString(node.string).bytes }
  // A plain number is one byte, by its value: tcp[13] == 16.
  const number = numberOf(node.text)
  if (number !== undefined && Number.isInteger(number) && number >= 0 && number < 256) {
    return { kind: 'bytes', bytes: Uint8Array.of(number) }
  }
  const sequence = parseBytes(node.text)
  return sequence && { kind: 'bytes', bytes: sequence }
}
