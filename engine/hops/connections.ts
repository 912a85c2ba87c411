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

/**
 * Conversations of all sources, those that are one connection together: they carry the same sequence and acknowledgment numbers, or the same
 * datagrams.
 */
export function connectionsOf(sources: readonly PointSource[]): Member[][] {
  const nodes = new Nodes()
  /** By what a segment carries: twice the node that carried it, and 1 if from B to A. */
  const sightings = new Sightings()
  const flows = new FlowSightings()
  /** By node: it has segments with acknowledgment numbers. */
  const answered: boolean[] = []
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
        if (takes(flags, chunk.payloadLength[at]) === 0) continue
        const isSyn = (flags & FLAG.ack) === 0
        if (!isSyn) answered[node] = true
        const seq = chunk.seq[at]
        if (i >= ENDS && i < own.length - ENDS && !isChosen(seq)) continue
        // 52 bits, which are exact in a double.
        const key = isSyn ? SYN + seq : seq * 2 ** 20 + (chunk.ack[at] >>> 12)
        sightings.add(key, 2 * node + ((flags & FLAG.reverse) === 0 ? 0 : 1), isOwn)
      }
    }
  }
  // A SYN that comes again after a reset begins a conversation anew at each point; the SYNs of a scan all have one number.
  const most = 8 * sources.reduce((sum, { tables }) => sum + tables.interfaces.length, 0)
  for (const { key, by } of sightings.shared()) {
    if (by.length > most) continue
    const join = (one: number, other: number) => nodes.join(one >>> 1, other >>> 1, (one & 1) !== (other & 1))
    const isAnswered = (sighting: number) => key >= SYN && answered[sighting >>> 1]
    const first = by.find(isAnswered) ?? by[0]
    /** By capture, addresses and ports. */
    const legs = new Map<string, number>()
    for (const other of by) {
      // A SYN's number alone (RFC 6528 draws it at random) is too little to join two that have more to be joined by,
      // unless it came again late and began a conversation anew.
      const leg = isAnswered(other) ? nodes.legOf(other >>> 1, (other & 1) !== 0) : undefined
      const joined = leg === undefined ? first : legs.get(leg)
      if (joined !== undefined) join(joined, other)
      else if (leg !== undefined) legs.set(leg, other)
    }
  }
  for (const [one, other, flipped] of flows.same()) nodes.join(one, other, flipped)
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

  /** Equal for those of one capture that have the same addresses and ports. */
  legOf(node: number, flipped: boolean): string {
    const { source, conversation } = this.#members[node]
    return `${source.name} ${legOf(source.tables, conversation, flipped)}`
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
