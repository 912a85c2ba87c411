import { Engine, type ExchangeRow, type ExchangeScope } from '../../engine/engine.ts'
import { oneFile, parseArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { endpoint, printable } from './conversation-table.ts'
import { engineJson } from './json.ts'
import { PART_HELP, PART_OPTIONS, PART_USAGE, partOption } from './part-arguments.ts'
import { readCapture, warnOfDamage } from './read-capture.ts'
import { durationText, millisecondsText, table } from './text.ts'
import { writeOut } from './write-out.ts'

/** Asked for and written at a time. */
const WINDOW = 20_000

export const exchanges: Command = {
  name: 'exchanges',
  usage: `FILE [--json] [--protocol NAME] [--find WORDS] ${PART_USAGE}`,
  summary: 'requests and what answered them, the slowest and the unanswered first',
  help: `
Lists requests with their responses: DNS, HTTP, TLS handshakes and other protocols that are recognised, and, marked ~, what is only
guessed from who spoke when. "> 5.00 s" was not answered in that time. Total is from the first byte of the request to the last of the
response at the capture point; of it, network is the round trip between the capture point and the server, stall is waiting for
retransmissions and closed windows.

  --json           one JSON object per line; times are nanoseconds, \`time\` since the first frame, rows frame numbers minus one
  --protocol NAME  only those of one protocol: dns, http, tls, tcp (the guessed ones), ...
  --find WORDS     only those with all the words in what was asked or answered, or in an address
${PART_HELP}`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      json: { type: 'boolean' },
      protocol: { type: 'string' },
      find: { type: 'string' },
      ...PART_OPTIONS,
    })
    const file = oneFile(positionals)
    const engine = await readCapture(Engine, file, partOption(values))
    warnOfDamage('exchanges', file, engine)
    const scope: ExchangeScope = {
      ...(values.protocol !== undefined && { protocol: values.protocol }),
      ...(values.find !== undefined && { text: values.find }),
    }
    const order = slowestFirst(engine, scope)
    for (let start = 0; start < order.length; start += WINDOW) {
      const rows = engine.exchangeRows(order.subarray(start, start + WINDOW))
      if (values.json) await writeOut(rows.map((row) => engineJson(engine, row) + '\n').join(''))
      else await writeOut(`${start === 0 ? '' : '\n'}${exchangeTable(rows, engine)}\n`)
    }
    if (order.length === 0 && !values.json) await writeOut(`${noneText(engine, scope)}\n`)
    return 0
  },
}

/** Why nothing is listed: there is nothing, or nothing of what was asked for. */
function noneText({ exchanges }: Engine, { protocol, text }: ExchangeScope): string {
  if (exchanges.count === 0) return 'No requests were recognised.'
  const numbers = new Set(exchanges.protocol.subarray(0, exchanges.count))
  const names = Array.from(numbers, (number) => exchanges.protocolNames[number])
  const of = protocol === undefined ? '' : ` of ${printable(protocol)}`
  const words = text === undefined ? '' : ` with "${printable(text)}"`
  return `There are no requests${of}${words}; there are some of ${names.join(', ')}.`
}

/** What was never answered by how long was waited, then the rest by how long it took, then what was only guessed. */
export function slowestFirst(engine: Engine, scope: ExchangeScope = {}): Uint32Array {
  const order = engine.exchangeOrder('totalNs', true, scope)
  const unanswered = new Set(engine.exchangeOrder('time', false, { ...scope, outcome: 'unanswered' }))
  const guessed = scope.protocol === undefined ? engine.exchangeOrder('time', false, { ...scope, protocol: 'tcp' }) : []
  const groups: number[][] = [[], [], []]
  const last = new Set(guessed)
  for (const id of order) groups[unanswered.has(id) ? 0 : last.has(id) ? 2 : 1].push(id)
  return Uint32Array.from(groups.flat())
}

/** Requests as an aligned table, with the names that the capture has for their addresses. */
function exchangeTable(
  rows: readonly ExchangeRow[],
  { names, packets: { before } }: Pick<Engine, 'names' | 'packets'>,
): string {
  return table(
    [
      'at',
      'client',
      'server',
      'protocol',
      'asked',
      'answer',
      'total',
      'network',
      'server time',
      'transfer',
      'stall',
      'frames',
    ],
    rows.map((row) => [
      durationText(row.time / 1e6),
      endpoint(row.client, row.clientPort, names),
      endpoint(row.server, row.serverPort, names),
      row.approximate ? `~${row.protocol}` : row.protocol,
      printable(row.ask),
      answerText(row),
      row.outcome === 'unanswered'
        ? `> ${timeText(row.totalNs)}`
        : row.responseRow === undefined
          ? '-'
          : timeText(row.totalNs),
      timeText(row.networkNs),
      timeText(row.serverNs),
      timeText(row.transferNs),
      row.stallNs === 0 ? '-' : timeText(row.stallNs),
      framesText(row, before),
    ]),
  )
}

function answerText({ outcome, answer }: ExchangeRow): string {
  switch (outcome) {
    case 'unanswered':
      return 'none'
    case 'one-way':
      return 'none needed'
    case 'unknown':
      return 'not captured'
    case 'answered':
    case 'failed':
      return printable(answer)
  }
}

function framesText(row: ExchangeRow, before: number): string {
  const { requestRow, requestEndRow, responseRow, responseEndRow } = row
  const request = rangeText(before + requestRow, before + requestEndRow)
  return responseRow === undefined || responseEndRow === undefined
    ? request
    : `${request}, ${rangeText(before + responseRow, before + responseEndRow)}`
}

const rangeText = (first: number, last: number): string =>
  first === last ? `${first + 1}` : `${first + 1}-${last + 1}`
const timeText = (ns: number | undefined): string => (ns === undefined ? '-' : millisecondsText(ns / 1e6))
