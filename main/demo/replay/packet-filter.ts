import type { FrameEnds } from './frame-ends.ts'

// The part of the filter language of tcpdump that the demo knows where there is no tcpdump: protocols, host, net, port and their
// directions, with and, or, not and parentheses.

export type PacketFilter = (ends: FrameEnds) => boolean

/** Throws with tcpdump's words for what is not understood. */
export function packetFilter(text: string): PacketFilter {
  const words = text.match(/[()]|[^\s()]+/g) ?? []
  if (words.length === 0) return () => true
  let at = 0
  const next = () => words[at]
  const take = () => words[at++] ?? ''

  function anyOf(): PacketFilter {
    let left = allOf()
    while (next() === 'or' || next() === '||') {
      take()
      const [one, other] = [left, allOf()]
      left = (ends) => one(ends) || other(ends)
    }
    return left
  }

  function allOf(): PacketFilter {
    let left = one()
    while (next() === 'and' || next() === '&&') {
      take()
      const [before, after] = [left, one()]
      left = (ends) => before(ends) && after(ends)
    }
    return left
  }

  function one(): PacketFilter {
    if (next() === 'not' || next() === '!') {
      take()
      const inner = one()
      return (ends) => !inner(ends)
    }
    if (next() === '(') {
      take()
      const inner = anyOf()
      if (take() !== ')') throw syntaxError()
      return inner
    }
    return primitive()
  }

  function primitive(): PacketFilter {
    const tests: PacketFilter[] = []
    let word = take()
    const protocol = PROTOCOLS[word]
    if (protocol) {
      tests.push(protocol)
      if (!/^(src|dst|host|net|port|portrange)$/.test(next() ?? '')) return protocol
      word = take()
    }
    const direction = word === 'src' || word === 'dst' ? word : undefined
    if (direction) word = take()
    // "src 10.0.0.1" means a host.
    const kind = /^(host|net|port|portrange)$/.test(word) ? word : 'host'
    const value = kind === word ? take() : word
    const matches = valueTest(kind, value)
    const side = (ends: FrameEnds, from: boolean) =>
      kind.startsWith('port')
        ? matches((from ? ends.sourcePort : ends.destinationPort) ?? -1)
        : matches(number((from ? ends.source : ends.destination) ?? '') ?? -1)
    tests.push((ends) => (direction !== 'dst' && side(ends, true)) || (direction !== 'src' && side(ends, false)))
    return (ends) => tests.every((test) => test(ends))
  }

  const filter = anyOf()
  if (at < words.length) throw syntaxError()
  return filter
}

const PROTOCOLS: Readonly<Record<string, PacketFilter>> = {
  ip: ({ network }) => network === 'ip',
  ip6: ({ network }) => network === 'ip6',
  arp: ({ network }) => network === 'arp',
  tcp: ({ transport }) => transport === 'tcp',
  udp: ({ transport }) => transport === 'udp',
  icmp: ({ transport }) => transport === 'icmp',
}

function valueTest(kind: string, value: string): (found: number) => boolean {
  if (kind === 'port' || kind === 'portrange') {
    const [, low, high = low] = /^(\d+)(?:-(\d+))?$/.exec(value) ?? []
    if (low === undefined || (kind === 'port' && low !== high)) throw syntaxError()
    return (found) => found >= Number(low) && found <= Number(high)
  }
  const [address = '', bits = '32'] = value.split('/')
  const wanted = number(address)
  if (wanted === undefined || !/^\d+$/.test(bits) || Number(bits) > 32) throw syntaxError()
  const size = 2 ** (32 - Number(bits))
  return (found) => found >= 0 && Math.floor(found / size) === Math.floor(wanted / size)
}

function number(address: string): number | undefined {
  const parts = address.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}

const syntaxError = () =>
  new Error(
    "tcpdump: can't parse filter expression: syntax error (this demo replays recordings and knows tcp, udp, icmp, arp, host, net, port, and, or, not)",
  )
