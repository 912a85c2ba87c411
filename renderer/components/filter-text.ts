import type { ConversationRow } from '../../engine/engine.ts'

// Display filters built from what is on screen.

/** The field that matches an address at either end: ip.addr, ipv6.addr or eth.addr. */
function addressField(address: string): 'ip.addr' | 'ipv6.addr' | 'eth.addr' {
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address)) return 'eth.addr'
  return address.includes(':') ? 'ipv6.addr' : 'ip.addr'
}

export function addressFilter(address: string): string {
  return `${addressField(address)} == ${address}`
}

/** The filter that finds what two addresses said to each other. */
export function pairFilter(a: string, b: string): string {
  return a === b
    ? `${addressFilter(a).replace('addr', 'src')} && ${addressFilter(a).replace('addr', 'dst')}`
    : `${addressFilter(a)} && ${addressFilter(b)}`
}

/** The filter that finds exactly this conversation's packets: by stream number where its transport has one. */
export function conversationFilter(conversation: ConversationRow): string {
  const { transport, stream, addressA, addressB } = conversation
  const name = transport.toLowerCase()
  if (name === 'tcp' || name === 'udp') return `${name}.stream == ${stream}`
  return pairFilter(addressA, addressB)
}

/** `filter` with one more condition, in parentheses only where they are needed. */
export function withCondition(filter: string, condition: string): string {
  const before = filter.trim()
  if (!before || before === condition) return condition
  const known = isChoice(before) ? [`(${before})`] : conditionsOf(before)
  const added = isChoice(condition) ? [`(${condition})`] : conditionsOf(condition)
  return added.every((each) => known.includes(each)) ? before : [...known, ...added].join(' && ')
}

/** Whether something binds less than && does. */
const isChoice = (filter: string): boolean => /\|\||\^\^|\b(or|xor)\b/i.test(outside(filter))

function conditionsOf(filter: string): string[] {
  const conditions: string[] = []
  let from = 0
  for (const { 0: and, index } of outside(filter).matchAll(/\s*&&\s*/g)) {
    conditions.push(filter.slice(from, index))
    from = index + and.length
  }
  return [...conditions, filter.slice(from)]
}

/** What is not in quotes, parentheses, brackets or braces, in its place. */
function outside(filter: string): string {
  let text = filter.replace(/"(?:\\.|[^"\\])*"/g, blank)
  for (let before = ''; before !== text;) {
    before = text
    text = text.replace(/\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}/g, blank)
  }
  return text
}

const blank = (text: string): string => '_'.repeat(text.length)

/** "10.0.0.1:443", "[fe80::1]:443", or the bare address where there is no port. */
export function endpointText(address: string, port: number | undefined): string {
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** "tcp 12", "eth 3": how a conversation is called where there is little room. */
export function streamText({ transport, stream }: Pick<ConversationRow, 'transport' | 'stream'>): string {
  return `${transport === 'Ethernet' ? 'eth' : transport.toLowerCase()} ${stream}`
}

/** Whether a view is about less than the whole capture. */
export function isNarrowed(view: {
  readonly filter: string
  readonly range?: unknown
  readonly conversation?: unknown
}): boolean {
  return view.filter !== '' || view.range !== undefined || view.conversation !== undefined
}
