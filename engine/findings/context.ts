import type { ArtefactKind, FindingEnd, FindingKind } from '../../common/model/finding.ts'
import type { ConversationTable } from '../columns/conversation-table.ts'
import type { ExchangeTable } from '../application/exchange-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { ARTEFACT_BIT } from './artefact-bits.ts'
import { addressKey } from '../query/conversation-names.ts'
import type { CaptureTables } from '../query/capture-tables.ts'
import type { ReadBytes } from '../query/frame-bytes.ts'
import {
  type ArpClaim,
  arpClaimOf,
  type Headers,
  headersOf,
  type IcmpError,
  icmpErrorOf,
  readPackets,
} from './headers.ts'
import { Segments } from './segments.ts'
import type { Survey } from './survey.ts'
import { endText, printable } from './words.ts'

/** Tables, and the names that the file brings, or DNS answers in it tell. */
export interface FindingTables extends CaptureTables {
  readonly names: ReadonlyMap<string, ReadonlySet<string>>
  readonly dnsNames: ReadonlyMap<string, ReadonlySet<string>>
  readonly exchanges: ExchangeTable
}

/** What rules look at. Facts of conversations first; packets only of suspects; bytes of as few as possible. */
export class FindingContext {
  readonly tables: FindingTables
  readonly survey: Survey
  readonly icmpErrors: readonly IcmpError[]
  readonly arpClaims: readonly ArpClaim[]
  /** The errors that quote a packet of a TCP conversation. */
  readonly errorsOf: ReadonlyMap<number, readonly IcmpError[]>
  /** Artefacts that concern a conversation, as ARTEFACT_BITs. */
  readonly concerned: Uint8Array
  readonly #read: ReadBytes
  readonly #explained: Explained
  readonly #servers: Servers
  readonly #off: number
  readonly #yieldsTo: number

  private constructor(
    shared: Pick<FindingContext, 'tables' | 'survey' | 'icmpErrors' | 'arpClaims' | 'errorsOf' | 'concerned'>,
    read: ReadBytes,
    explained: Explained,
    servers: Servers,
    off: number,
    yieldsTo: number,
  ) {
    this.tables = shared.tables
    this.survey = shared.survey
    this.icmpErrors = shared.icmpErrors
    this.arpClaims = shared.arpClaims
    this.errorsOf = shared.errorsOf
    this.concerned = shared.concerned
    this.#read = read
    this.#explained = explained
    this.#servers = servers
    this.#off = off
    this.#yieldsTo = yieldsTo
  }

  static async of(tables: FindingTables, survey: Survey, read: ReadBytes): Promise<FindingContext> {
    const icmpErrors = await readPackets(tables, survey.icmp, read, icmpErrorOf)
    const arpClaims = await readPackets(tables, survey.arp, read, arpClaimOf)
    const concerned = new Uint8Array(tables.conversations.count)
    const errorsOf = errorsByConversation(tables, icmpErrors)
    const shared = { tables, survey, icmpErrors, arpClaims, errorsOf, concerned }
    return new FindingContext(shared, read, new Explained(concerned.length), new Servers(tables, survey), 0, 0)
  }

  /** The same for a rule that does not look at conversations with these artefacts, or that other kinds have explained. */
  for(off: readonly ArtefactKind[], yieldsTo: readonly FindingKind[]): FindingContext {
    const bits = off.reduce((all, kind) => all | ARTEFACT_BIT[kind], 0)
    return new FindingContext(this, this.#read, this.#explained, this.#servers, bits, this.#explained.bits(yieldsTo))
  }

  /** The conversations are explained by a finding of this kind, and of others these packets. */
  explain(kind: FindingKind, conversations: Iterable<number>, rows: Iterable<number>): void {
    const bit = this.#explained.bits([kind])
    for (const id of conversations) this.#explained.by[id] |= bit
    for (const row of rows) this.#explained.rows.add(row)
  }

  /** Some finding explains the packet. */
  isExplained(row: number): boolean {
    return this.#explained.rows.has(row)
  }

  isOpen(id: number): boolean {
    return (this.concerned[id] & this.#off) === 0 && (this.#explained.by[id] & this.#yieldsTo) === 0
  }

  /** The TCP conversations that the rule may look at. */
  tcp(): Uint32Array {
    const open = new Uint32Array(this.survey.tcp.length)
    let count = 0
    for (const id of this.survey.tcp) if (this.isOpen(id)) open[count++] = id
    return open.subarray(0, count)
  }

  /** Those of them in which anything was noted: labels other than partial ACKs, repeated SYNs, resets, closed windows. */
  troubled(): readonly number[] {
    return this.survey.troubled.filter((id) => this.isOpen(id))
  }

  /** Those with resets. */
  reset(): readonly number[] {
    return this.survey.reset.filter((id) => this.isOpen(id))
  }

  /** Those in which segments were sent again; `kinds` = with these VERDICTs. */
  repeating(...kinds: readonly number[]): readonly number[] {
    const { survey } = this
    const { verdicts } = this.tables
    const open = survey.repeating.filter((id) => this.isOpen(id))
    if (kinds.length === 0) return open
    return open.filter((id) => survey.repetitionsOf(id).some((entry) => kinds.includes(verdicts.verdict(entry))))
  }

  segments(id: number): Segments {
    return new Segments(this.tables.packets, this.survey, id)
  }

  /** Who asks: who sent the SYN; where it was not captured, the end with the higher port. */
  clientIsB(id: number): boolean {
    return this.survey.clientIsB[id] === 1
  }

  /** A number for the conversation's server and port: the same for all that go there. */
  serverKey(id: number): number {
    return this.#servers.key(id)
  }

  /** All TCP conversations with that `serverKey`; also those that the rule may not look at. */
  toServer(key: number): Uint32Array {
    return this.#servers.conversations(key)
  }

  client(id: number): Required<FindingEnd> {
    return this.#end(id, this.clientIsB(id))
  }

  server(id: number): Required<FindingEnd> {
    return this.#end(id, !this.clientIsB(id))
  }

  /** An address as a person knows it: "shop-7d9 (10.244.1.7)". */
  named(address: string): string {
    const name = this.#name(address)
    return name === undefined ? address : `${name} (${address})`
  }

  /** "shop-7d9 (10.244.1.7:8080)" */
  namedEnd(end: FindingEnd): string {
    const name = this.#name(end.address)
    return name === undefined ? endText(end) : `${name} (${endText(end)})`
  }

  /** For titles: "shop-7d9:8080", without the address where there is a name. */
  shortEnd(end: FindingEnd): string {
    const name = this.#name(end.address)
    if (name === undefined) return endText(end)
    return end.port === undefined ? name : `${name}:${end.port}`
  }

  lostNs(id: number): number {
    return this.tables.tcp.lostNs(id)
  }

  /** Nanoseconds from the SYN to the ACK of the SYN-ACK; 0 = not known. */
  initialRtt(id: number): number {
    return this.tables.tcp.initialRtt(id)
  }

  time(row: number): number {
    return this.tables.packets.time(row)
  }

  /** Of the latest packet. */
  get lastTime(): number {
    return this.survey.rows === 0 ? 0 : this.time(this.survey.rows - 1)
  }

  /** What is in no column of these rows (any order, each once in the answer). */
  async headers(rows: Iterable<number>): Promise<ReadonlyMap<number, Headers>> {
    const ascending = Uint32Array.from(new Set(rows)).sort()
    const list = await readPackets(this.tables, ascending, this.#read, (packet, row) => ({
      row,
      headers: headersOf(packet),
    }))
    return new Map(list.map(({ row, headers }) => [row, headers]))
  }

  /** A display filter that shows the conversations, and of them only what fits `and`. */
  filter(conversations: readonly number[], and?: string): string {
    const { stream } = this.tables.conversations
    const streams = conversations.slice(0, MOST_STREAMS).map((id) => stream[id])
    const those = streams.length === 1 ? `tcp.stream == ${streams[0]}` : `tcp.stream in {${streams.join(', ')}}`
    return and === undefined ? those : `${those} && ${and}`
  }

  #end(id: number, b: boolean): Required<FindingEnd> {
    const { conversations } = this.tables
    return {
      address: conversations.addressText(id, b),
      port: b ? conversations.portB[id] : conversations.portA[id],
    }
  }

  /** Names come from the file: no control characters in our sentences. */
  #name(address: string): string | undefined {
    const { names, dnsNames } = this.tables
    const [name] = names.get(address) ?? dnsNames.get(address) ?? []
    return name === undefined ? undefined : printable(name)
  }
}

const MOST_STREAMS = 60

/** TCP conversations by server. */
class Servers {
  readonly #conversations: ConversationTable
  readonly #survey: Survey
  /** By server; worked out once, when a rule asks for it. */
  #all: ReadonlyMap<number, Uint32Array> | undefined

  constructor({ conversations }: FindingTables, survey: Survey) {
    this.#conversations = conversations
    this.#survey = survey
  }

  key(id: number): number {
    const b = this.#survey.clientIsB[id] === 0
    const { portA, portB } = this.#conversations
    return addressKey(this.#conversations, id, b) * 2 ** 16 + (b ? portB[id] : portA[id])
  }

  conversations(key: number): Uint32Array {
    this.#all ??= this.#grouped()
    return this.#all.get(key) ?? new Uint32Array(0)
  }

  #grouped(): ReadonlyMap<number, Uint32Array> {
    const { tcp } = this.#survey
    const numbers = new Map<number, number>()
    const serverOf = new Uint32Array(tcp.length)
    const counts: number[] = []
    for (let i = 0; i < tcp.length; i++) {
      const key = this.key(tcp[i])
      let number = numbers.get(key)
      if (number === undefined) {
        number = counts.push(0) - 1
        numbers.set(key, number)
      }
      serverOf[i] = number
      counts[number]++
    }
    const groups = counts.map((count) => new Uint32Array(count))
    const filled = counts.map(() => 0)
    for (let i = 0; i < tcp.length; i++) groups[serverOf[i]][filled[serverOf[i]]++] = tcp[i]
    return new Map(Array.from(numbers, ([key, number]) => [key, groups[number]]))
  }
}

/** Which kinds of finding explain a conversation, a bit each. */
class Explained {
  readonly by: Uint32Array
  readonly rows = new Set<number>()
  readonly #bits = new Map<FindingKind, number>()

  constructor(conversations: number) {
    this.by = new Uint32Array(conversations)
  }

  /** Throws RangeError when there are more kinds than bits. */
  bits(kinds: readonly FindingKind[]): number {
    return kinds.reduce((all, kind) => all | this.#bit(kind), 0)
  }

  #bit(kind: FindingKind): number {
    let bit = this.#bits.get(kind)
    if (bit === undefined) {
      if (this.#bits.size === 32) throw new RangeError('More kinds of finding than bits')
      this.#bits.set(kind, (bit = 1 << this.#bits.size))
    }
    return bit
  }
}

/** By ports first, which are numbers; addresses of few are compared as texts. */
function errorsByConversation(
  { conversations }: CaptureTables,
  errors: readonly IcmpError[],
): ReadonlyMap<number, readonly IcmpError[]> {
  const found = new Map<number, IcmpError[]>()
  const byPorts = new Map<number, IcmpError[]>()
  for (const error of errors) {
    if (error.transport !== TRANSPORT.tcp) continue
    const ports = error.sourcePort * 2 ** 16 + error.destinationPort
    const known = byPorts.get(ports)
    if (known) known.push(error)
    else byPorts.set(ports, [error])
  }
  if (byPorts.size === 0) return found
  const take = (id: number, b: boolean) => {
    const { portA, portB } = conversations
    const ports = b ? portB[id] * 2 ** 16 + portA[id] : portA[id] * 2 ** 16 + portB[id]
    for (const error of byPorts.get(ports) ?? []) {
      if (error.source !== conversations.addressText(id, b)) continue
      if (error.destination !== conversations.addressText(id, !b)) continue
      const known = found.get(id)
      if (known) known.push(error)
      else found.set(id, [error])
    }
  }
  for (let id = 0; id < conversations.count; id++) {
    if (conversations.transport[id] !== TRANSPORT.tcp) continue
    take(id, false)
    take(id, true)
  }
  return found
}
