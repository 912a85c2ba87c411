import type { Completion } from '../../answers.ts'
import { ipv4Text, ipv6Text } from '../../columns/address-text.ts'
import { NETWORK, TRANSPORT } from '../../decode/packet.ts'
import type { FieldCatalog } from './field-catalog.ts'
import type { CaptureTables } from '../capture-tables.ts'
import type { FilterField, FilterType } from './filter-field.ts'
import { filterTokens, type Token } from './filter-lexer.ts'
import { COMPARATORS } from './filter-parser.ts'
import { FilterError } from './filter-syntax.ts'

const MOST = 50

const NUMERIC: readonly FilterType[] = [
  'uint',
  'double',
  'duration',
  'time',
  'ipv4',
  'ipv6',
  'ether',
  'bytes',
  'string',
]
const ALL = ['==', '!=', '>', '<', '>=', '<=', 'in {', 'contains', 'matches', '===', '!=='] as const
const OPERATORS: Readonly<
  Record<(typeof ALL)[number], { readonly about: string; readonly types: readonly FilterType[] }>
> = {
  '==': { about: 'equals (any of several values)', types: [...NUMERIC, 'bool'] },
  '!=': { about: 'differs (all of several values)', types: [...NUMERIC, 'bool'] },
  '>': { about: 'greater than', types: NUMERIC },
  '<': { about: 'less than', types: NUMERIC },
  '>=': { about: 'greater than or equal', types: NUMERIC },
  '<=': { about: 'less than or equal', types: NUMERIC },
  'in {': { about: 'one of a set: {80, 443, 8000..8010}', types: NUMERIC },
  contains: { about: 'text or bytes are in it', types: ['string', 'bytes', 'protocol', 'ether', 'ipv6'] },
  matches: { about: 'a regular expression fits', types: ['string', 'bytes', 'protocol', 'ether'] },
  '===': { about: 'equals (all of several values)', types: NUMERIC },
  '!==': { about: 'differs (any of several values)', types: NUMERIC },
}
const JOINS = [
  ['&&', 'and'],
  ['||', 'or'],
] as const
const BEGINNINGS = [['!', 'not']] as const

/** Proposals for what stands at the caret; none inside quotes and brackets. Never throws. */
export function completeFilter(
  text: string,
  caret: number,
  catalog: FieldCatalog,
  tables?: CaptureTables,
): readonly Completion[] {
  const at = Math.max(0, Math.min(caret, text.length))
  const before = tokensBefore(text, at)
  if (!before) return []
  const last = before.at(-1)
  // The word that is being written.
  const word = last?.kind === 'word' && last.to === at && !COMPARATORS.has(last.text) ? last : undefined
  const tokens = word ? before.slice(0, -1) : before
  const from = word ? word.from : at
  const to = Math.max(at, from + (/^[\p{L}\p{N}_.:/-]*/u.exec(text.slice(from))?.[0].length ?? 0))
  const written = word ? word.text : ''
  const found: Completion[] = []
  for (const item of proposals(tokens, written, catalog, tables)) {
    if (found.length === MOST) break
    found.push({ ...item, from, to })
  }
  return found
}

function tokensBefore(text: string, at: number): readonly Token[] | undefined {
  try {
    return filterTokens(text.slice(0, at)).slice(0, -1)
  } catch (error) {
    // An open quote or bracket: what comes is the person's own.
    if (error instanceof FilterError) return undefined
    throw error
  }
}

type Item = Pick<Completion, 'text' | 'about'>

function* proposals(
  tokens: readonly Token[],
  written: string,
  catalog: FieldCatalog,
  tables: CaptureTables | undefined,
): Generator<Item> {
  const asked = valueAsked(tokens, catalog)
  if (asked) {
    yield* starting(values(asked, tables), written)
    return
  }
  if (expectsOperand(tokens)) {
    yield* fields(catalog, written)
    if (written === '') for (const [text, about] of BEGINNINGS) yield { text, about }
    return
  }
  const field = fieldBefore(tokens, catalog)
  const operators = field
    ? ALL.filter((one) => OPERATORS[one].types.includes(field.type)).map((text) => ({
        text,
        about: OPERATORS[text].about,
      }))
    : []
  yield* starting([...operators, ...JOINS.map(([text, about]) => ({ text, about }))], written)
  for (const [text, word] of JOINS) if (written !== '' && word.startsWith(written)) yield { text: word, about: text }
}

/** Nothing that could be compared or joined stands before the caret. */
function expectsOperand(tokens: readonly Token[]): boolean {
  const last = tokens.at(-1)
  if (!last) return true
  if (last.kind === 'symbol') return last.text !== ')' && last.text !== '}'
  return last.kind === 'word' && /^(?:and|or|xor|not|any|all)$/i.test(last.text)
}

function fieldBefore(tokens: readonly Token[], catalog: FieldCatalog): FilterField | undefined {
  const last = tokens.at(-1)
  const beforeThat = tokens.at(-2)
  // The right-hand side of a comparison is done: only another condition may follow.
  if (last?.kind !== 'word' || (beforeThat && comparator(beforeThat))) return undefined
  return catalog.get(last.text)
}

const comparator = (token: Token): boolean => token.kind !== 'string' && COMPARATORS.has(token.text.toLowerCase())

/** The field whose value is to come: after an operator, or in a set. */
function valueAsked(tokens: readonly Token[], catalog: FieldCatalog): FilterField | undefined {
  const last = tokens.at(-1)
  if (!last) return undefined
  let operator = tokens.length - 1
  if (!comparator(last)) {
    // In a set: back to its "in".
    const open = tokens.findLastIndex((token) => token.kind === 'symbol' && (token.text === '{' || token.text === '}'))
    if (open < 1 || tokens[open].text !== '{' || tokens[open - 1].text.toLowerCase() !== 'in') return undefined
    operator = open - 1
    if (tokens[operator - 1]?.text.toLowerCase() === 'not') operator--
  }
  const left = tokens[operator - 1]
  return left?.kind === 'word' ? catalog.get(left.text) : undefined
}

/** Fields by prefix, then by a part of their name; the shorter first, so that `tcp` proposes tcp.port before its options. */
function* fields(catalog: FieldCatalog, written: string): Generator<Item> {
  const wanted = written.toLowerCase()
  const ranked: { readonly field: FilterField; readonly rank: number }[] = []
  for (const field of catalog.values()) {
    const at = field.name.indexOf(wanted)
    if (at < 0) continue
    const dots = field.name.split('.').length - 1
    const common = COMMON.has(field.name)
    // With nothing written yet the common ones come first, whatever their depth.
    ranked.push({ field, rank: (at === 0 ? 0 : 100) + (common ? 0 : wanted === '' ? 50 : 5) + dots * 10 })
  }
  ranked.sort((a, b) => a.rank - b.rank || (a.field.name < b.field.name ? -1 : 1))
  for (const { field } of ranked) yield { text: field.name, about: field.description }
}

/** What people filter by most: proposed before the others of the same depth. */
const COMMON: ReadonlySet<string> = new Set([
  ...[
    'ip.addr',
    'ip.src',
    'ip.dst',
    'ipv6.addr',
    'eth.addr',
    'tcp',
    'udp',
    'icmp',
    'arp',
    'ip',
    'ipv6',
    'frame.number',
  ],
  ...['tcp.port', 'tcp.stream', 'tcp.flags.syn', 'tcp.flags.reset', 'tcp.len', 'udp.port', 'udp.stream', 'frame.len'],
  ...[
    'tcp.analysis.flags',
    'tcp.analysis.retransmission',
    'tcp.analysis.ack_rtt',
    'hopscope.verdict',
    'frame.time_relative',
  ],
  ...['dns', 'dns.qry.name', 'dns.flags.rcode', 'dns.time', 'http', 'http.host', 'http.request', 'http.response'],
  ...[
    'http.request.uri',
    'http.response.code',
    'http.time',
    'tls',
    'tls.handshake.extensions_server_name',
    'tls.handshake.type',
    'http2',
    'http2.type',
    'http2.rst_stream.error',
    'grpc',
  ],
])

function values(field: FilterField, tables: CaptureTables | undefined): Item[] {
  if (field.type === 'bool')
    return ['1', '0'].map((text) => ({ text, about: field.names?.[Number(text)] ?? (text === '1' ? 'true' : 'false') }))
  if (field.known && tables) return field.known(tables).map((text) => ({ text, about: field.description }))
  if (field.names) return Object.entries(field.names).map(([text, about]) => ({ text, about }))
  return tables ? seenValues(field, tables) : []
}

/** Addresses and ports in the capture, those of the most packets first. */
function seenValues({ name, type }: FilterField, { conversations }: CaptureTables): Item[] {
  const port = /^(tcp|udp|sctp)\.(?:src|dst)?port$/.exec(name)
  if (!port && !/^(?:ip|ipv6)\.(?:addr|src|dst)$/.test(name)) return []
  const transport = { tcp: TRANSPORT.tcp, udp: TRANSPORT.udp, sctp: TRANSPORT.sctp }[port?.[1] ?? ''] ?? -1
  const network = type === 'ipv4' ? NETWORK.ipv4 : NETWORK.ipv6
  const packets = new Map<number, number>()
  const count = (key: number, more: number) => packets.set(key, (packets.get(key) ?? 0) + more)
  for (let id = 0; id < conversations.count; id++) {
    const more = conversations.packets(id)
    if (port) {
      if (conversations.transport[id] !== transport) continue
      // The lower port is the service's; the other one is a number among thousands.
      count(Math.min(conversations.portA[id], conversations.portB[id]), more)
    } else if (conversations.network[id] === network) {
      count(conversations.addressA[id], more)
      count(conversations.addressB[id], more)
    }
  }
  const text = (key: number): string => {
    if (port) return String(key)
    return type === 'ipv4' ? ipv4Text(key) : ipv6Text(conversations.addresses.bytes(key))
  }
  return [...packets]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 2000)
    .map(([key, n]) => ({ text: text(key), about: `${n.toLocaleString('en')} packets` }))
}

function* starting(items: readonly Item[], written: string): Generator<Item> {
  const wanted = written.toLowerCase()
  for (const item of items) if (item.text.toLowerCase().replace(/^"/, '').startsWith(wanted)) yield item
}
