/** What the builder knows; from it comes the BPF text. */
export interface FilterParts {
  /** all: everything; among: only what the chosen points say to each other. */
  readonly scope: 'all' | 'among'
  /** Addresses of each chosen point. */
  readonly points: readonly (readonly string[])[]
  /** Addresses of the other side; empty: whoever it is. */
  readonly peer: readonly string[]
  readonly protocol: 'any' | 'tcp' | 'udp'
  /** "443, 8000-8100" */
  readonly ports: string
}

/** BPF text as tcpdump takes it: from parts that are addresses and numbers only. */
export function buildFilter({ scope, points, peer, protocol, ports }: FilterParts): string {
  const terms: string[] = []
  if (protocol !== 'any') terms.push(protocol)
  const own = points.flat().filter(isAddress)
  // Of two points one is on either side; of more, both sides are of them.
  if (scope === 'among' && own.length > 1) {
    if (points.length === 2) terms.push(points.map((one) => anyOf(one.filter(isAddress), 'host')).join(' and '))
    else terms.push(`${anyOf(own, 'src host')} and ${anyOf(own, 'dst host')}`)
  }
  const others = peer.filter(isAddress)
  if (others.length > 0) terms.push(anyOf(others, 'host'))
  const numbers = readPorts(ports)
  if (numbers && numbers.length > 0) {
    terms.push(alternatives(numbers.map(({ from, to }) => (from === to ? `port ${from}` : `portrange ${from}-${to}`))))
  }
  return terms.join(' and ')
}

/** undefined when it is no list of ports. */
export function readPorts(text: string): readonly { readonly from: number; readonly to: number }[] | undefined {
  const found: { from: number; to: number }[] = []
  for (const part of text.split(/[\s,]+/).filter(Boolean)) {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? []
    const from = Number(first)
    const to = Number(last)
    if (first === undefined || from < 1 || to > 65_535 || from > to) return undefined
    found.push({ from, to })
  }
  return found
}

const anyOf = (addresses: readonly string[], word: string) => alternatives(addresses.map((one) => `${word} ${one}`))

const alternatives = (terms: readonly string[]) => (terms.length === 1 ? terms.join('') : `(${terms.join(' or ')})`)

/** An address of IPv4 or IPv6, as far as its letters tell: nothing else may get into the text. */
export const isAddress = (text: string) => /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)$/i.test(text)
