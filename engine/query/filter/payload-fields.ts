import { DNS_PORT, MDNS_PORT } from '../../application/recognition.ts'
import type { ExchangeTable } from '../../application/exchange-table.ts'
import type { PayloadProtocol } from '../../application/payload.ts'
import type { FramedProtocol } from '../../application/stream-decoder.ts'
import { firstNotBefore } from '../../binary-search.ts'
import { HEAD } from '../../columns/head-table.ts'
import { FLAG, NO_CONVERSATION } from '../../columns/packet-table.ts'
import { TRANSPORT } from '../../decode/packet.ts'
import type { CaptureTables } from '../capture-tables.ts'
import { type FilterField, type FilterType, PRESENCE } from './filter-field.ts'
import { OUTCOME } from './outcome.ts'

type RowGate = NonNullable<FilterField['rows']>

/** Rows of conversations with one of the ports that carry payload. */
function withPort(ports: readonly number[]): RowGate {
  return ({ chunk, from, to }, possible, { tables: { conversations } }) => {
    const { portA, portB, transport } = conversations
    const { conversation, payloadLength } = chunk
    for (let i = from; i < to; i++) {
      if (possible[i] === OUTCOME.false) continue
      const id = conversation[i]
      const may =
        payloadLength[i] > 0 &&
        id !== NO_CONVERSATION &&
        (transport[id] === TRANSPORT.udp || transport[id] === TRANSPORT.tcp) &&
        (ports.includes(portA[id]) || ports.includes(portB[id]))
      if (!may) possible[i] = OUTCOME.false
    }
  }
}

const segmentsWithPayload: RowGate = ({ chunk, from, to }, possible) => {
  const { flags, payloadLength } = chunk
  for (let i = from; i < to; i++) {
    if ((flags[i] & FLAG.tcp) === 0 || payloadLength[i] === 0) possible[i] = OUTCOME.false
  }
}

/** Of these the ones whose payload may begin as one of the protocol does. */
function beginningAs(kind: typeof HEAD.http | typeof HEAD.tls): RowGate {
  return (block, possible, context) => {
    segmentsWithPayload(block, possible, context)
    const { heads } = context.tables
    const other = Uint8Array.from({ length: heads.count }, (_, head) =>
      Number(head > 0 && heads.payload(head) !== kind),
    )
    const { head } = block.chunk
    for (let i = block.from; i < block.to; i++) if (other[head[i]] === 1) possible[i] = OUTCOME.false
  }
}

/** Segments with payload of conversations that were found to carry the protocol. */
function carrying(protocol: FramedProtocol): RowGate {
  return (block, possible, context) => {
    segmentsWithPayload(block, possible, context)
    const { chunk, firstRow, from, to } = block
    for (let i = from; i < to; i++) {
      if (possible[i] === OUTCOME.false) continue
      const carried = context.tables.exchanges?.carried(chunk.conversation[i], firstRow + i)
      if (carried === undefined || (protocol === 'grpc' && carried !== 'grpc')) possible[i] = OUTCOME.false
    }
  }
}

/** Which rows may hold fields of the protocol: of the others no byte is read. */
export const PAYLOAD_ROWS: Readonly<Record<PayloadProtocol, RowGate>> = {
  // Multicast DNS has the same fields.
  dns: withPort([DNS_PORT, MDNS_PORT]),
  mdns: withPort([MDNS_PORT]),
  http: beginningAs(HEAD.http),
  tls: beginningAs(HEAD.tls),
  http2: carrying('http2'),
  grpc: carrying('grpc'),
}

/** The exchanges of a protocol that were answered, by the row where the response begins. */
interface Responses {
  /** Ascending. */
  readonly rows: Uint32Array
  readonly exchanges: Uint32Array
}

const known = new WeakMap<ExchangeTable, { readonly version: number; readonly of: Map<string, Responses> }>()

/** Made anew when an exchange was added or has changed. */
function responsesOf(table: ExchangeTable, protocol: string): Responses {
  let entry = known.get(table)
  if (entry?.version !== table.version) known.set(table, (entry = { version: table.version, of: new Map() }))
  let responses = entry.of.get(protocol)
  if (!responses) entry.of.set(protocol, (responses = sortedResponses(table, protocol)))
  return responses
}

/** More than the number of any exchange. */
const EXCHANGES = 2 ** 22

function sortedResponses(table: ExchangeTable, protocol: string): Responses {
  const number = table.protocolNames.indexOf(protocol)
  const keys = new Float64Array(table.count)
  let count = 0
  for (let id = 0; id < table.count; id++) {
    const row = table.responseRow[id]
    if (table.protocol[id] === number && row > 0) keys[count++] = (row - 1) * EXCHANGES + id
  }
  const sorted = keys.subarray(0, count).sort()
  return {
    rows: Uint32Array.from(sorted, (key) => Math.floor(key / EXCHANGES)),
    exchanges: Uint32Array.from(sorted, (key) => key % EXCHANGES),
  }
}

/** A number of the request that the row's response answers; of several in one packet the first. */
function ofRequest(
  name: string,
  protocol: PayloadProtocol,
  type: FilterType,
  description: string,
  number: (tables: CaptureTables, requestRow: number, row: number) => number,
): FilterField {
  return {
    name,
    type,
    description,
    decoded: false,
    changes: true,
    columns: [
      {
        read({ firstRow, from, to }, values, presence, { tables }) {
          presence.fill(PRESENCE.absent, from, to)
          if (!tables.exchanges) return
          const { rows, exchanges } = responsesOf(tables.exchanges, protocol)
          for (let next = firstNotBefore(rows, firstRow + from); next < rows.length; next++) {
            const i = rows[next] - firstRow
            if (i >= to) return
            if (presence[i] === PRESENCE.present) continue
            values[i] = number(tables, tables.exchanges.requestRow[exchanges[next]], rows[next])
            presence[i] = PRESENCE.present
          }
        },
      },
    ],
  }
}

const requestFrame = ({ packets }: CaptureTables, requestRow: number): number => packets.frame(requestRow)
const sinceRequest = ({ packets }: CaptureTables, requestRow: number, row: number): number =>
  packets.time(row) - packets.time(requestRow)

/** What a response and its request have in common. */
export const RESPONSE_FIELDS: readonly FilterField[] = [
  ofRequest('dns.time', 'dns', 'duration', 'Time from the query to the response', sinceRequest),
  ofRequest('dns.response_to', 'dns', 'uint', 'Frame of the query', requestFrame),
  ofRequest('http.time', 'http', 'duration', 'Time from the request to its response', sinceRequest),
  ofRequest('http.request_in', 'http', 'uint', 'Frame of the request', requestFrame),
]

/** The request that the response at `row` answers; undefined if there is none or it was not seen. */
export function answeredBy(
  tables: CaptureTables,
  row: number,
): { readonly frame: number; readonly ns: number } | undefined {
  if (!tables.exchanges) return undefined
  for (const protocol of ['dns', 'http'] as const) {
    const { rows, exchanges } = responsesOf(tables.exchanges, protocol)
    const at = firstNotBefore(rows, row)
    if (rows[at] !== row) continue
    const requestRow = tables.exchanges.requestRow[exchanges[at]]
    return { frame: tables.packets.frame(requestRow), ns: sinceRequest(tables, requestRow, row) }
  }
  return undefined
}
