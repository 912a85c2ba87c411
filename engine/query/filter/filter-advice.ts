import { parseIpv4, parseIpv6 } from './filter-literal.ts'
import { FilterError, type FilterNode } from './filter-syntax.ts'

// What was most likely meant by what is no display filter.

/** Says of tcp.port == 80 or 443 how several values are asked for. Throws FilterError. */
export function refuseBareValues(nodes: readonly FilterNode[]): void {
  const at = nodes.findIndex((_, n) => n > 0 && bareNumber(nodes[n]) !== undefined)
  const before = nodes[at - 1]
  if (before?.kind !== 'compare' || before.comparator.operator !== '==') return
  const { left, right } = before
  if (left.kind !== 'word' || right.kind !== 'word') return
  const others = nodes.slice(at).map(bareNumber)
  const values = others.slice(0, others.includes(undefined) ? others.indexOf(undefined) : undefined)
  const set = `${left.text} in {${[right.text, ...values].join(', ')}}`
  throw new FilterError(`${values[0]} alone asks nothing. For one of several values: ${set}`, nodes[at].span)
}

function bareNumber(node: FilterNode): string | undefined {
  const text = node.kind === 'value' && node.operand.kind === 'word' ? node.operand.text : ''
  return /^\d/.test(text) ? text : undefined
}

/** What a value that stands alone was to ask; undefined for a name. */
export function askedBy(text: string): string | undefined {
  const [, address = text, port] = /^([\d.]+):(\d{1,5})$/.exec(text) ?? []
  const [bare] = address.split('/', 1)
  const version = parseIpv4(bare) !== undefined ? 'ip' : parseIpv6(bare) ? 'ipv6' : undefined
  if (version !== undefined)
    return `write ${version}.addr == ${address}${port === undefined ? '' : ` and tcp.port == ${port}`}`
  return /^[\p{L}_]/u.test(text) ? undefined : 'compare it with a field.'
}

/** What is written in tcpdump's language, in this one; undefined where it is not that. */
export function fromCaptureFilter(text: string): string | undefined {
  const parts = text.trim().split(/\s+(and|or|&&|\|\|)\s+/i)
  const joins = new Set(parts.filter((_, n) => n % 2 === 1).map((word) => (/^(?:and|&&)$/i.test(word) ? 'and' : 'or')))
  // There "and" binds no closer than "or".
  if (joins.size > 1) return undefined
  const conditions = parts.filter((_, n) => n % 2 === 0).map((part) => /^((?:not\s+|!\s*)?)(.*)$/is.exec(part) ?? [])
  const translated = conditions.map(([, , bare = '']) => fromPrimitive(bare))
  if (translated.every((one) => one === undefined)) return undefined
  const all = conditions.map(([, not = '', bare = ''], n) => {
    const condition = translated[n] ?? PROTOCOLS[bare.toLowerCase()]
    if (condition === undefined) return undefined
    const isAlone = conditions.length === 1 && not === ''
    const grouped = !isAlone && (condition.includes(' or ') || (not !== '' && condition.includes(' ')))
    return `${not === '' ? '' : 'not '}${grouped ? `(${condition})` : condition}`
  })
  return all.includes(undefined) ? undefined : all.join(` ${[...joins][0]} `)
}

/** Protocols by their names there. */
const PROTOCOLS: Readonly<Record<string, string | undefined>> = {
  ...{ tcp: 'tcp', udp: 'udp', icmp: 'icmp', arp: 'arp', ip: 'ip', ip6: 'ipv6', icmp6: 'icmpv6', vlan: 'vlan' },
}

function fromPrimitive(text: string): string | undefined {
  const match = /^\s*(?:(tcp|udp|ip|ip6)\s+)?(?:(src|dst)\s+)?(host|net|port|portrange)\s+([\w.:/-]+)\s*$/i.exec(text)
  if (!match) return undefined
  const [, protocol = '', side = '', what = '', value = ''] = match.map((part) => part?.toLowerCase())
  if (what === 'host' || what === 'net') {
    const version = value.includes(':') ? 'ipv6' : 'ip'
    return `${version}.${side === '' ? 'addr' : side} == ${value}`
  }
  const port = side === '' ? 'port' : `${side}port`
  const condition = what === 'portrange' ? `in {${value.replace('-', '..')}}` : `== ${value}`
  const transports = protocol === 'tcp' || protocol === 'udp' ? [protocol] : ['tcp', 'udp']
  return transports.map((transport) => `${transport}.${port} ${condition}`).join(' or ')
}
