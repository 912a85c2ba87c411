import { HEAD, type HeadPlaces, type HeadTable } from '../../columns/head-table.ts'
import type { FilterField } from './filter-field.ts'
import type { Operand } from './filter-test.ts'
import type { Predicate } from './predicate.ts'

/** A number that stands in so many bytes at a place that is the same in all packets with a head (see HeadTable). */
export interface PlacedOperand {
  /** The same for the same. */
  readonly key: string
  readonly field: FilterField
  /** From which place on it counts. */
  readonly base: Base
  /** Its bytes: [from, from + size) of what begins there. */
  readonly from: number
  readonly size: number
  /** The bits that are its; all of them without. */
  readonly mask?: number
}

type Base = keyof HeadPlaces | 'timestamps' | 'frame' | 'tcp.payload' | 'udp.payload'

/** What headers hold that mostly differs from packet to packet, so that no column has it: RFC 791, 8200, 9293, 768, 7323. */
const HEADER_NUMBERS: Readonly<Record<string, readonly [base: Base, from: number, size: number, mask?: number]>> = {
  'ip.len': ['ip', 2, 2],
  'ip.checksum': ['ip', 10, 2],
  'ipv6.flow': ['ipv6', 1, 3, 0x0f_ffff],
  'ipv6.plen': ['ipv6', 4, 2],
  'tcp.checksum': ['tcp', 16, 2],
  'tcp.urgent_pointer': ['tcp', 18, 2],
  'tcp.options.timestamp.tsval': ['timestamps', 2, 4],
  'tcp.options.timestamp.tsecr': ['timestamps', 6, 4],
  'udp.length': ['udp', 4, 2],
  'udp.checksum': ['udp', 6, 2],
}

/** Fields that are bytes from a place on, and how many of them are there in every packet that has the field. */
const BYTES: Readonly<Record<string, readonly [base: Base, header: number]>> = {
  frame: ['frame', 0],
  ip: ['ip', 20],
  ipv6: ['ipv6', 40],
  tcp: ['tcp', 20],
  udp: ['udp', 8],
  'tcp.payload': ['tcp.payload', 0],
  'udp.payload': ['udp.payload', 0],
}

/** What is farther behind is left to who reads packets. */
const FARTHEST = 1 << 24
/** More bytes than a double holds as one number. */
const MOST_BYTES = 6

/** The operand, if it is such a number, or a piece of bytes, which is taken for one. */
export function placedOperand(operand: Operand): PlacedOperand | undefined {
  if (operand.kind === 'field' && operand.layer === undefined) {
    const { field } = operand
    const number = HEADER_NUMBERS[field.name]
    if (!number) return undefined
    const [base, from, size, mask] = number
    return { key: field.name, field, base, from, size, ...(mask !== undefined && { mask }) }
  }
  if (operand.kind !== 'slice' || operand.of.kind !== 'field' || operand.of.layer !== undefined) return undefined
  const { field } = operand.of
  const bytes = BYTES[field.name]
  const [{ from, to = Infinity }] = operand.ranges
  if (!bytes || operand.ranges.length > 1 || from < 0 || to <= from || to - from > MOST_BYTES) return undefined
  if (to > FARTHEST) return undefined
  const [base, header] = bytes
  if (header > 0 && to > header) return undefined
  return { key: `${field.name} ${from} ${to}`, field, base, from, size: to - from }
}

/** The predicate on `size` bytes as one on the number that they are; undefined where there is none. */
export function onNumber(predicate: Predicate, size: number): Predicate | undefined {
  switch (predicate.kind) {
    case 'number':
    case 'ranges':
      return predicate
    case 'bytes': {
      // As many bytes compare as the numbers do.
      if (predicate.bytes.length !== size || predicate.bits !== undefined) return undefined
      const number = predicate.bytes.reduce((sum, byte) => sum * 256 + byte, 0)
      return { kind: 'number', relation: predicate.relation, low: number, high: number }
    }
    case 'any-of':
    case 'all-of': {
      const of = predicate.of.map((one) => onNumber(one, size)).filter((one) => one !== undefined)
      return of.length < predicate.of.length ? undefined : { ...predicate, of }
    }
    default:
      return undefined
  }
}

/** The packet has no such operand; or may have it, where the head does not tell. */
export const NOWHERE = -1
export const UNTOLD = -2

/** Where the operand begins in frames of the head, number 0 being none; NOWHERE, UNTOLD. */
export function placeIn(heads: HeadTable, head: number, { base, from }: PlacedOperand): number {
  if (base === 'frame') return from
  if (head === 0) return UNTOLD
  const places = heads.places(head)
  switch (base) {
    case 'udp.payload':
      return places.udp < 0 ? NOWHERE : places.udp + UDP_HEADER + from
    case 'tcp.payload': {
      if (places.tcp < 0) return NOWHERE
      const header = heads.tcpHeader(head)
      return header < TCP_HEADER ? UNTOLD : places.tcp + header + from
    }
    case 'timestamps': {
      if (places.tcp < 0) return NOWHERE
      const options = heads.options(head)
      if (options === HEAD.none || options === HEAD.unstamped) return NOWHERE
      const at = options === HEAD.timestamps ? TIMESTAMPS_ALONE : options - HEAD.stamped
      return at < 0 ? UNTOLD : places.tcp + at + from
    }
    default:
      return places[base] < 0 ? NOWHERE : places[base] + from
  }
}

const UDP_HEADER = 8
const TCP_HEADER = 20
/** Behind two NOPs. */
const TIMESTAMPS_ALONE = TCP_HEADER + 2
