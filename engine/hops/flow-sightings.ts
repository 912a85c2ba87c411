import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { asksFromB } from './datagrams.ts'
import { type AskedFlow, Masquerades } from './masquerade.ts'
import type { PointSource } from './points.ts'
import { Sightings } from './sightings.ts'

/** So many of its first and its last datagrams tell a flow, and of the others one in so many: points may begin at different times. */
const ENDS = 8
const EACH = 32

/** NAT on the way to a service leaves the end that asks as it is. */
interface Flow extends AskedFlow {
  readonly node: number
  readonly asked: Asked
  readonly fromB: boolean
}

/** An end that an address asks. */
interface Asked {
  /** One that is asked the same, and is another server for sure. */
  beside?: Asked
}

/** On both sides of a NAT one point may see a flow, which is where it is made. More see both only if they are two. */
const SEE_BOTH = 2

/** Finds flows of datagrams that are one: the same end sent the same datagrams, or got them, whatever the other end's address is by then. */
export class FlowSightings {
  readonly #flows: Flow[] = []
  /** By asker and digest: the place of the flow. */
  readonly #sightings = new Sightings()
  #epoch: bigint | undefined
  readonly #masquerades = new Masquerades<Flow>()
  readonly #sources = new Map<PointSource, number>()
  /** By the address that asks and the end that is asked, and by both ends. */
  readonly #asked = new Map<string, Asked>()
  readonly #seenBy = new Map<string, Set<number>>()

  add(node: number, source: PointSource, conversation: number, rows: Uint32Array): void {
    const { conversations, packets } = source.tables
    const { portA, portB } = conversations
    // Of two equal ports it can't be told whose stays.
    if (portA[conversation] === portB[conversation]) return
    const fromB = asksFromB(source.tables, conversation)
    const address = conversations.addressText(conversation, fromB)
    const asker = `${address} ${(fromB ? portB : portA)[conversation]}`
    const end = `${conversations.addressText(conversation, !fromB)} ${(fromB ? portA : portB)[conversation]}`
    const asked = known(this.#asked, `${address} ${end}`, () => ({}))
    const seenBy = known(this.#seenBy, `${asker} ${end}`, () => new Set())
    const number = known(this.#sources, source, () => this.#sources.size)
    const flow = { node, source: number, address, asker, end, asked, fromB, seenBy }
    const place = this.#flows.push(flow) - 1
    this.#masquerades.begin(flow)
    const [hash, hashOfEnd] = [hashOf(asker), hashOf(end)]
    this.#epoch ??= source.tables.epoch
    const since = Number((source.tables.epoch ?? 0n) - (this.#epoch ?? 0n))
    for (const [i, row] of rows.entries()) {
      const chunk = packets.chunk(row)
      const digest = chunk.seq[row % CHUNK_ROWS]
      seenBy.add(number * 2 ** 16 + chunk.interface[row % CHUNK_ROWS])
      const isChosen = i < ENDS || i >= rows.length - ENDS || digest % EACH === 0
      // 52 bits, which are exact in a double.
      if (digest === 0 || !isChosen) continue
      this.#sightings.add(hash * 2 ** 32 + digest, place, (other) => other === place)
      const time = since + chunk.time[row % CHUNK_ROWS]
      this.#masquerades.add(flow, hashOfEnd, digest, chunk.ack[row % CHUNK_ROWS] >>> 16, time)
    }
  }

  /** Pairs of nodes that are one flow, and whether their ends stand the other way round. */
  *same(): Generator<[one: number, other: number, flipped: boolean]> {
    const mixed: (readonly Flow[])[] = []
    for (const { by } of this.#sightings.shared()) {
      const { asker } = this.#flows[by[0]]
      const alike = by.map((place) => this.#flows[place]).filter((flow) => flow.asker === asker)
      const firsts = new Map<Asked, Flow>()
      for (const flow of alike) {
        const first = known(firsts, flow.asked, () => flow)
        if (first.node !== flow.node) yield [first.node, flow.node, first.fromB !== flow.fromB]
      }
      if (firsts.size > 1) mixed.push(Array.from(firsts.values()))
    }
    for (const flows of mixed) tellServers(flows)
    for (const flows of mixed) {
      const [first] = flows
      if (flows.every(({ asked }) => serverOf(asked) === serverOf(first.asked))) continue
      for (const { node, fromB } of flows) if (node !== first.node) yield [first.node, node, first.fromB !== fromB]
    }
    for (const [one, other] of this.#masquerades.same()) yield [one.node, other.node, one.fromB !== other.fromB]
  }
}

function known<K, V>(map: Map<K, V>, key: K, made: () => V): V {
  const value = map.get(key) ?? made()
  map.set(key, value)
  return value
}

/** Of flows with the same asker and datagram: which went to several servers. */
function tellServers(flows: readonly Flow[]): void {
  // Of a scan there are thousands, which the same points saw.
  const bySight = Map.groupBy(flows, ({ seenBy }) =>
    Array.from(seenBy)
      .toSorted((a, b) => a - b)
      .join(' '),
  )
  const tell = (one: Flow, other: Flow) => {
    const common = Array.from(one.seenBy).filter((point) => other.seenBy.has(point))
    const [left, right] = [serverOf(one.asked), serverOf(other.asked)]
    if (common.length >= SEE_BOTH && left !== right) right.beside = left
  }
  const firsts = Array.from(bySight.values(), ([first, ...others]) => {
    for (const other of others) tell(first, other)
    return first
  })
  for (const [i, one] of firsts.entries()) for (const other of firsts.slice(i + 1)) tell(one, other)
}

/** The same one of all that are beside each other. */
function serverOf(asked: Asked): Asked {
  let first = asked
  while (first.beside) {
    if (first.beside.beside) first.beside = first.beside.beside
    first = first.beside
  }
  return first
}

/** 20 bits. */
function hashOf(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return Math.imul(hash, 0x9e37_79b1) >>> 12
}
