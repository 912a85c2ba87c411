import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { PROTOCOL, PROTOCOLS } from '../decode/protocols.ts'
import type { CaptureTables } from './capture-tables.ts'

/** Packets in which a protocol is inside of those listed before it with less depth. */
export interface ProtocolShare {
  /** As Wireshark calls it, which is also the display filter for it. */
  readonly name: string
  /** 0 = outermost. */
  readonly depth: number
  readonly packets: number
  /** Of their whole frames, on the wire. */
  readonly bytes: number
}

interface Node {
  readonly layer: number
  packets: number
  bytes: number
  readonly inside: Map<number, Node>
}

const newNode = (layer: number): Node => ({ layer, packets: 0, bytes: 0, inside: new Map() })

/**
 * How many packets hold which protocols inside which, as Wireshark's "Protocol Hierarchy". Asked again while the capture grows it
 * looks at the new packets only.
 */
export class ProtocolHierarchy {
  readonly #tables: Pick<CaptureTables, 'packets' | 'stacks'>
  /** Packets and bytes by stack. */
  readonly #packets: number[] = []
  readonly #bytes: number[] = []
  #counted = 0

  constructor(tables: Pick<CaptureTables, 'packets' | 'stacks'>) {
    this.#tables = tables
  }

  /** Outer protocols before those inside them, of those in the same place the most frequent first. */
  shares(): readonly ProtocolShare[] {
    this.#count()
    const root = newNode(0)
    for (let stack = 0; stack < this.#packets.length; stack++) {
      let node = root
      for (const layer of this.#tables.stacks.layers(stack)) {
        // It is in the header of Ethernet, no protocol of its own.
        if (layer === PROTOCOL.ethertype) continue
        const next = node.inside.get(layer) ?? newNode(layer)
        node.inside.set(layer, next)
        next.packets += this.#packets[stack]
        next.bytes += this.#bytes[stack]
        node = next
      }
    }
    return listed(root, 0)
  }

  #count(): void {
    const { packets, stacks } = this.#tables
    while (this.#packets.length < stacks.count) {
      this.#packets.push(0)
      this.#bytes.push(0)
    }
    while (this.#counted < packets.rows) {
      const { stack, length, first } = packets.chunk(this.#counted)
      const to = Math.min(CHUNK_ROWS, packets.rows - first)
      for (let i = this.#counted - first; i < to; i++) {
        this.#packets[stack[i]]++
        this.#bytes[stack[i]] += length[i]
      }
      this.#counted = first + to
    }
  }
}

function listed({ inside }: Node, depth: number): readonly ProtocolShare[] {
  return [...inside.values()]
    .filter(({ packets }) => packets > 0)
    .toSorted((a, b) => b.packets - a.packets || a.layer - b.layer)
    .flatMap((node) => [
      { name: PROTOCOLS[node.layer], depth, packets: node.packets, bytes: node.bytes },
      ...listed(node, depth + 1),
    ])
}
