import { payloadProtocolOf } from '../../decode/application-fields.ts'
import type { FilterField } from './filter-field.ts'
import { type FilterTest, type Leaf, leaves, type Operand } from './filter-test.ts'
import { encodeUtf8 } from '../../capture-file/utf8.ts'
import { Needle } from '../../../common/model/needle.ts'
import type { Predicate } from './predicate.ts'

/** The leaves of a filter that are false for every packet in whose frame none of the needles is. */
export interface Needles {
  readonly needles: readonly Needle[]
  readonly leaves: ReadonlySet<Leaf>
}

export function needlesOf(test: FilterTest): Needles {
  const needles: Needle[] = []
  const found = new Set<Leaf>()
  for (const leaf of leaves(test)) {
    if (leaf.kind !== 'test') continue
    const field = wholeOrPiece(leaf.operand)
    const width = leaf.operand.kind === 'field' ? NUMBERS.get(leaf.operand.field.name) : undefined
    const texts = width
      ? numbers(leaf.predicate, width)
      : field && standsInFrame(field)
        ? required(leaf.predicate)
        : undefined
    // In a piece of a few bytes one is looked for that nearly every frame has somewhere.
    if (!texts || (leaf.operand.kind === 'slice' && texts.some(({ bytes }) => bytes.length < 2))) continue
    found.add(leaf)
    needles.push(...texts)
  }
  return { needles, leaves: found }
}

/** The field of which the operand is the value, or a piece of it. */
function wholeOrPiece(operand: Operand): FilterField | undefined {
  if (operand.kind === 'slice' && operand.ranges.length === 1) return wholeOrPiece(operand.of)
  return operand.kind === 'field' ? operand.field : undefined
}

/** Its values are bytes of the frame as they are there, or text as it is there. */
function standsInFrame({ decoded, columns, name, type }: FilterField): boolean {
  if (!decoded || columns) return false
  if (type === 'protocol' || type === 'bytes') return true
  return type === 'string' && payloadProtocolOf(name) === 'http' && name !== 'http.request.full_uri'
}

/** Numbers that stand in headers as so many whole bytes, and mostly differ from packet to packet. */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...(['ip.id', 'ip.checksum', 'ip.len', 'ipv6.plen', 'tcp.checksum', 'udp.checksum', 'udp.length'] as const).map(
    halfWord,
  ),
  ...(['tcp.options.mss_val', 'tcp.urgent_pointer'] as const).map(halfWord),
  ['tcp.options.timestamp.tsval', 4],
  ['tcp.options.timestamp.tsecr', 4],
])

function halfWord(name: string): readonly [string, number] {
  return [name, 2]
}

/** One of these must be in the header for the number to fulfil the predicate. Small ones are nearly everywhere. */
function numbers(predicate: Predicate, width: number): readonly Needle[] | undefined {
  if (predicate.kind !== 'number' || predicate.relation !== '==' || predicate.low !== predicate.high) return undefined
  const { low } = predicate
  if (!Number.isInteger(low) || low < 0x100 || low >= 2 ** (width * 8)) return undefined
  return [new Needle(Uint8Array.from({ length: width }, (_, n) => low / 2 ** (8 * (width - 1 - n))))]
}

/** One of these must be in a value that fulfils the predicate; undefined where none need be. */
function required(predicate: Predicate): readonly Needle[] | undefined {
  switch (predicate.kind) {
    case 'contains':
      return plain(predicate.bytes)
    case 'bytes':
      return predicate.relation === '==' && predicate.bits === undefined ? plain(predicate.bytes) : undefined
    case 'text':
      return predicate.relation === '==' ? plain(encodeUtf8(predicate.text)) : undefined
    case 'matches':
      return predicate.pattern.run && sought(predicate.pattern.run)
    case 'any-of': {
      const all = predicate.of.map(required)
      const known = all.filter((one) => one !== undefined)
      return predicate.negated || known.length < all.length ? undefined : known.flat()
    }
    default:
      return undefined
  }
}

/** The character that stands for what is not ASCII in a text is not in the frame. */
const REPLACEMENT = new Needle(encodeUtf8('\u{fffd}'))

function plain(bytes: Uint8Array): readonly Needle[] | undefined {
  return bytes.length === 0 ? undefined : sought(new Needle(bytes))
}

function sought(needle: Needle): readonly Needle[] | undefined {
  return REPLACEMENT.indexIn(needle.bytes, 0) >= 0 ? undefined : [needle]
}
