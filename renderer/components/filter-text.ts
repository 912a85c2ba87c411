import type { ConversationRow } from '../../engine/engine.ts'

// Display filters built from what is on screen.

/** The field that matches an address at either end: ip.addr, ipv6.addr or eth.addr. */
export function addressField(address: string): 'ip.addr' | 'ipv6.addr' | 'eth.addr' {
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
  // Within quotes and parentheses an "or" changes nothing.
  const outside = before.replace(/"(?:\\.|[^"\\])*"/g, '""').replace(/\([^()]*\)/g, '()')
  if (/\|\||\bor\b/i.test(outside)) return `(${before}) && ${condition}`
  const known = conditionsOf(before)
  return conditionsOf(condition).every((each) => known.includes(each)) ? before : `${before} && ${condition}`
}

const conditionsOf = (filter: string): string[] => filter.split(/\s*&&\s*/)

/** "10.0.0.1:443", "[fe80::1]:443", or the bare address where there is no port. */
export function endpointText(address: string, port: number | undefined): string {
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** "tcp 12", "eth 3": how a conversation is called where there is little room. */
export function streamText({ transport, stream }: Pick<ConversationRow, 'transport' | 'stream'>): string {
  return `${transport === 'Ethernet' ? 'eth' : transport.toLowerCase()} ${stream}`
}
