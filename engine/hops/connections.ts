import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import type { PointSource } from './points.ts'
import { ConversationRows, takes } from './runs.ts'

/** A conversation of a capture that is a connection, or a part of one: behind a NAT its addresses and ports are others, its sequence numbers the same. */
export interface Member {
  readonly source: PointSource
  readonly rows: ConversationRows
  readonly conversation: number
  /** Its end A is the other's end B. */
  readonly flipped: boolean
}

/** So many of its first and its last segments tell a conversation, and of the others each 32nd number: points may begin at different times. */
const ENDS = 8
const EACH = 32

/** Conversations of all sources, those that are one connection together: they carry the same sequence and acknowledgment numbers. */
export function connectionsOf(sources: readonly PointSource[]): Member[][] {
  const nodes = new Nodes()
  /** By what a segment carries: twice the node in which it was seen first, and 1 if from B to A; then the others. */
  const known = new Map<number, number>()
  const shared = new Map<number, number[]>()
  for (const source of sources) {
    const rows = new ConversationRows(source.tables)
    const { packets, conversations } = source.tables
    for (let conversation = 0; conversation < conversations.count; conversation++) {
      const own = rows.of(conversation)
      if (own.length === 0) continue
      const node = nodes.add({ source, rows, conversation })
      for (let i = 0; i < own.length; i++) {
        const chunk = packets.chunk(own[i])
        const at = own[i] % CHUNK_ROWS
        const flags = chunk.flags[at]
        if (takes(flags, chunk.payloadLength[at]) === 0) continue
        const seq = chunk.seq[at]
        if (i >= ENDS && i < own.length - ENDS && seq % EACH !== 0) continue
        // A SYN has no acknowledgment number: its own is drawn at random (RFC 6528). 52 bits are exact in a double.
        const ack = (flags & FLAG.ack) === 0 ? 0 : chunk.ack[at]
        const key = seq * 2 ** 20 + (ack >>> 12)
        const sighting = 2 * node + ((flags & FLAG.reverse) === 0 ? 0 : 1)
        const first = known.get(key)
        if (first === undefined) known.set(key, sighting)
        else if (first >>> 1 !== node) {
          const others = shared.get(key)
          if (others === undefined) shared.set(key, [sighting])
          else if (others.every((each) => each >>> 1 !== node)) others.push(sighting)
        }
      }
    }
  }
  // A SYN that comes again after a reset begins a conversation anew at each point; the SYNs of a scan all have one number.
  const most = 8 * sources.reduce((sum, { tables }) => sum + tables.interfaces.length, 0)
  for (const [key, others] of shared) {
    const first = known.get(key)
    if (first === undefined || others.length >= most) continue
    for (const other of others) nodes.join(first >>> 1, other >>> 1, (first & 1) !== (other & 1))
  }
  return nodes.groups()
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
