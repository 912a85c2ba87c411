import type { ConversationHarm, ConversationRow, Engine } from '../../engine/engine.ts'
import { bytesText, millisecondsText, table } from './text.ts'

export type AddressNames = Engine['names']

/** Conversations as an aligned table, with the names that the capture has for their addresses. */
export function conversationTable(rows: readonly ConversationRow[], names: AddressNames): string {
  return table(
    ['stream', 'A', 'B', 'packets', 'bytes', 'lost', 'because of', 'retr', 'resets', 'RTT', 'state'],
    rows.map((row) => [
      `${row.transport} ${row.stream}`,
      endpoint(row.addressA, row.portA, names),
      endpoint(row.addressB, row.portB, names),
      String(row.packetsAB + row.packetsBA),
      bytesText(row.bytesAB + row.bytesBA),
      row.harmMs > 0 ? millisecondsText(row.harmMs) : '-',
      causesText(row),
      String(row.retransmissions),
      String(row.resets),
      row.initialRttNs === undefined ? '-' : millisecondsText(row.initialRttNs / 1e6),
      stateText(row),
    ]),
  )
}

/** Who lost how much time to what, as an aligned table. */
export function harmTable(rows: readonly ConversationHarm[], names: AddressNames): string {
  return table(
    ['stream', 'A', 'B', 'lost', 'because of', 'state'],
    rows.map((row) => [
      `${row.transport} ${row.stream}`,
      endpoint(row.addressA, row.portA, names),
      endpoint(row.addressB, row.portB, names),
      millisecondsText(row.harmMs),
      causesText(row),
      stateText(row),
    ]),
  )
}

/** "shop.prod 10.244.1.7:8080", "[fd00::7]:8080". */
export function endpoint(address: string, port: number | undefined, names: AddressNames): string {
  const [name] = names.get(address) ?? []
  const known = name === undefined ? '' : `${printable(name)} `
  if (port === undefined) return known + address
  return known + (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)
}

/** The share of each cause only where there are several. */
function causesText({ harm }: ConversationHarm): string {
  if (harm.length <= 1) return harm.map(({ cause }) => cause).join('')
  return harm
    .toSorted((a, b) => b.ms - a.ms)
    .map(({ cause, ms }) => `${cause} ${millisecondsText(ms)}`)
    .join(', ')
}

function stateText({ state, resetCause }: ConversationHarm): string {
  return [state, resetCause === state ? undefined : resetCause].filter((part) => part !== undefined).join(', ')
}

/** Text out of a capture must not steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}

/** A text out of a capture that may have several lines: those behind the first are indented, so that none can be taken for ours. */
export function printableLines(text: string, indent: string): string {
  const lines = text.trimEnd().split(/\r\n|[\n\r\u2028\u2029]/)
  return lines.map((line) => printable(line.replaceAll('\t', ' '))).join(`\n${indent}`)
}
