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

/** The filter that finds exactly this conversation's packets: by stream number where its transport has one. */
export function conversationFilter(conversation: ConversationRow): string {
  const { transport, stream, addressA, addressB } = conversation
  const name = transport.toLowerCase()
  if (name === 'tcp' || name === 'udp') return `${name}.stream == ${stream}`
  return `${addressFilter(addressA)} && ${addressFilter(addressB)}`
}

/** `filter` with one more condition, in parentheses only where they are needed. */
export function withCondition(filter: string, condition: string): string {
  const before = filter.trim()
  if (!before || before === condition) return condition
  if (before.split(/\s*&&\s*/).includes(condition)) return before
  return `${/\|\||\bor\b/i.test(before) ? `(${before})` : before} && ${condition}`
}

/** "10.0.0.1:443", "[fe80::1]:443", or the bare address where there is no port. */
export function endpointText(address: string, port: number | undefined): string {
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** "tcp 12", "eth 3": how a conversation is called where there is little room. */
export function streamText({ transport, stream }: Pick<ConversationRow, 'transport' | 'stream'>): string {
  return `${transport === 'Ethernet' ? 'eth' : transport.toLowerCase()} ${stream}`
}
