import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { FlowSightings } from './flow-sightings.ts'
import { isUdp } from './datagrams.ts'
import { legOf } from './legs.ts'
import type { PointSource } from './points.ts'
import { ConversationRows, takes } from './runs.ts'
import { Sightings } from './sightings.ts'

/** A conversation of a capture that is a connection, or a part of one: behind a NAT its addresses and ports are others, its sequence numbers the same. */
export interface Member {
  readonly source: PointSource
  readonly rows: ConversationRows
  readonly conversation: number
  /** Its end A is the other's end B. */
  readonly flipped: boolean
}

/** So many of its first and its last segments tell a conversation, and of the others one in so many: points may begin at different times. */
const ENDS = 8
const EACH = 32
/** Keys of SYNs, above all others. */
const SYN = 2 ** 52
/** A point may see both sides of a NAT. */
const SIDES = 2
/** On both sides of a NAT only one point may see a connection, which is where it is made. */
const SEE_BOTH = 2

/**
 * Conversations of all sources, those that are one connection together: they carry the same sequence and acknowledgment numbers, or the same
 * datagrams.
 */
export function connectionsOf(sources: readonly PointSource[]): Member[][] {
  const nodes = new Nodes()
  /** By what a segment carries: twice the node that carried it, and 1 if from B to A. */
  const sightings = new Sightings()
  const flows = new FlowSightings()
  /** By node: it has segments with acknowledgment numbers; it has any that are known by their numbers. */
  const answered: boolean[] = []
  const known: boolean[] = []
  const resets: { readonly seq: number; readonly by: number }[] = []
  for (const source of sources) {
    const rows = new ConversationRows(source.tables)
    const { packets, conversations } = source.tables
    for (let conversation = 0; conversation < conversations.count; conversation++) {
      const own = rows.of(conversation)
      if (own.length === 0) continue
      const node = nodes.add({ source, rows, conversation })
      if (isUdp(source.tables, conversation)) {
        flows.add(node, source, conversation, own)
        continue
      }
      const isOwn = (sighting: number) => sighting >>> 1 === node
      for (let i = 0; i < own.length; i++) {
        const chunk = packets.chunk(own[i])
        const at = own[i] % CHUNK_ROWS
        const flags = chunk.flags[at]
        const seq = chunk.seq[at]
        const by = 2 * node + ((flags & FLAG.reverse) === 0 ? 0 : 1)
        if ((flags & FLAG.rst) !== 0) resets.push({ seq, by })
        if (takes(flags, chunk.payloadLength[at]) === 0) continue
        known[node] = true
        const isSyn = (flags & FLAG.ack) === 0
        if (!isSyn) answered[node] = true
        if (i >= ENDS && i < own.length - ENDS && !isChosen(seq)) continue
        // 52 bits, which are exact in a double.
        const key = isSyn ? SYN + seq : seq * 2 ** 20 + (chunk.ack[at] >>> 12)
        sightings.add(key, by, isOwn)
      }
    }
  }
  // A SYN that comes again after a reset begins a conversation anew at each point.
  const most = 8 * sources.reduce((sum, { tables }) => sum + tables.interfaces.length, 0)
  for (const { key, by } of sightings.shared()) {
    if (by.length > most && key < SYN) continue
    const join = (one: number, other: number) => nodes.join(one >>> 1, other >>> 1, (one & 1) !== (other & 1))
    const isAnswered = (sighting: number) => key >= SYN && answered[sighting >>> 1]
    const isScan = key >= SYN && (by.length > most || nodes.areSeveral(by))
    const first = by.find(isAnswered) ?? by[0]
    /** By addresses and ports, those that began anew also by capture. */
    const legs = new Map<string, number>()
    for (const other of by) {
      // A SYN's number alone (RFC 6528 draws it at random) is too little to join two that have more to be joined by,
      // unless it came again late and began a conversation anew. The SYNs of a scan all have one.
      const capture = isScan ? '' : nodes.captureOf(other >>> 1)
      const leg = isScan || isAnswered(other) ? `${capture} ${nodes.legOf(other)}` : undefined
      const joined = leg === undefined ? first : legs.get(leg)
      if (joined !== undefined) join(joined, other)
      else if (leg !== undefined) legs.set(leg, other)
    }
  }
  for (const [one, other, flipped] of flows.same()) nodes.join(one, other, flipped)
  // Resets of what has nothing else that is known by its number: an end answers so what comes once a NAT has forgotten the connection.
  if (resets.some(({ by }) => !known[by >>> 1])) {
    for (const same of Map.groupBy(resets, ({ seq, by }) => `${seq} ${nodes.legOf(by)}`).values()) {
      const first = same.find(({ by }) => known[by >>> 1]) ?? same[0]
      for (const { by } of same) {
        if (!known[by >>> 1]) nodes.join(first.by >>> 1, by >>> 1, (first.by & 1) !== (by & 1))
      }
    }
  }
  return nodes.groups()
}

/** By its hash: those of a bulk transfer have steps that share factors with most numbers. */
function isChosen(seq: number): boolean {
  return (Math.imul(seq, 0x9e37_79b1) >>> 16) % EACH === 0
}

/** Conversations that are joined one by one. */
class Nodes {
  readonly #members: Omit<Member, 'flipped'>[] = []
  readonly #parent: number[] = []
  /** Against its parent. */
  readonly #flipped: boolean[] = []

  add(member: Omit<Member, 'flipped'>): number {
    this.#parent.push(this.#members.length)
    this.#flipped.push(false)
    return this.#members.push(member) - 1
  }

  captureOf(node: number): string {
    return this.#members[node].source.name
  }

  /** Equal for those that have the same addresses and ports. */
  legOf(sighting: number): string {
    const { source, conversation } = this.#members[sighting >>> 1]
    return legOf(source.tables, conversation, (sighting & 1) !== 0)
  }

  /** Whether what has one number is several: two points see both of two legs, or one sees more than the two sides of a NAT. */
  areSeveral(sightings: readonly number[]): boolean {
    const legs = Map.groupBy(sightings, (sighting) => this.legOf(sighting))
    if (legs.size < 2) return false
    const seen = Array.from(legs.values(), (own) => {
      return Array.from(new Set(own.flatMap((sighting) => this.#pointsOf(sighting >>> 1))))
    })
    const counts = Map.groupBy(seen.flat(), (point) => point)
    if (Array.from(counts.values()).some(({ length }) => length > SIDES)) return true
    const common = (some: readonly string[], others: readonly string[]) =>
      some.filter((point) => others.includes(point)).length
    return seen.some((points, i) => seen.slice(i + 1).some((others) => common(points, others) >= SEE_BOTH))
  }

  /** Capture and interface, as text. */
  #pointsOf(node: number): string[] {
    const { source, rows, conversation } = this.#members[node]
    const interfaces = new Set<number>()
    for (const row of rows.of(conversation))
      interfaces.add(source.tables.packets.chunk(row).interface[row % CHUNK_ROWS])
    return Array.from(interfaces, (id) => `${source.name} ${id}`)
  }

  join(a: number, b: number, flipped: boolean): void {
    const left = this.#rootOf(a)
    const right = this.#rootOf(b)
    if (left.root === right.root) return
    this.#parent[right.root] = left.root
    this.#flipped[right.root] = (left.flipped !== right.flipped) !== flipped
  }

  groups(): Member[][] {
    const groups = new Map<number, Member[]>()
    for (const [node, member] of this.#members.entries()) {
      const { root, flipped } = this.#rootOf(node)
      const group = groups.get(root)
      if (group) group.push({ ...member, flipped })
      else groups.set(root, [{ ...member, flipped }])
    }
    return Array.from(groups.values())
  }

  #rootOf(node: number): { readonly root: number; readonly flipped: boolean } {
    let flipped = false
    let root = node
    while (this.#parent[root] !== root) {
      flipped = flipped !== this.#flipped[root]
      root = this.#parent[root]
    }
    return { root, flipped }
  }
}
