import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { asksFromB } from './datagrams.ts'
import type { HopTables } from './points.ts'
import { Sightings } from './sightings.ts'

/** So many of its first and its last datagrams tell a flow, and of the others one in so many: points may begin at different times. */
const ENDS = 8
const EACH = 32

interface Flow {
  readonly node: number
  /** The end that asks, as text: NAT on the way to a service leaves it as it is. */
  readonly asker: string
  readonly fromB: boolean
}

/** Finds flows of datagrams that are one: the same end sent the same datagrams, or got them, whatever the other end's address is. */
export class FlowSightings {
  readonly #flows: Flow[] = []
  /** By asker and digest: the place of the flow. */
  readonly #sightings = new Sightings()

  add(node: number, tables: HopTables, conversation: number, rows: Uint32Array): void {
    const { conversations, packets } = tables
    const { portA, portB } = conversations
    // Of two equal ports it can't be told whose stays.
    if (portA[conversation] === portB[conversation]) return
    const fromB = asksFromB(tables, conversation)
    const asker = `${conversations.addressText(conversation, fromB)} ${(fromB ? portB : portA)[conversation]}`
    const place = this.#flows.push({ node, asker, fromB }) - 1
    const hash = hashOf(asker)
    for (const [i, row] of rows.entries()) {
      const digest = packets.chunk(row).seq[row % CHUNK_ROWS]
      const isChosen = i < ENDS || i >= rows.length - ENDS || digest % EACH === 0
      // 52 bits, which are exact in a double.
      if (digest !== 0 && isChosen) this.#sightings.add(hash * 2 ** 32 + digest, place, (other) => other === place)
    }
  }

  /** Pairs of nodes that are one flow, and whether their ends stand the other way round. */
  *same(): Generator<[one: number, other: number, flipped: boolean]> {
    for (const { by } of this.#sightings.shared()) {
      const first = this.#flows[by[0]]
      for (const place of by) {
        const { node, asker, fromB } = this.#flows[place]
        if (asker === first.asker && node !== first.node) yield [first.node, node, fromB !== first.fromB]
      }
    }
  }
}

/** 20 bits. */
function hashOf(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return Math.imul(hash, 0x9e37_79b1) >>> 12
}
