/** What of a DNS message (RFC 1035 section 4) is needed to pair it and to name it. */
export interface DnsMessage {
  readonly id: number
  readonly isResponse: boolean
  readonly opcode: number
  readonly truncated: boolean
  readonly rcode: number
  readonly answers: number
  /** The first question: name without the last dot, and type. Undefined where there is none or it was cut. */
  readonly question?: { readonly name: string; readonly type: number }
}

const HEADER = 12
const LONGEST_NAME = 255

/**
 * Reads the message in bytes[from, to), which may be cut; undefined if it can't be DNS. Of names only the question's is read:
 * it comes first, so it is not compressed.
 */
export function readDnsMessage(bytes: Uint8Array, from: number, to: number): DnsMessage | undefined {
  if (to - from < HEADER) return undefined
  const word = (at: number): number => (bytes[at] << 8) | bytes[at + 1]
  const bits = word(from + 2)
  const questions = word(from + 4)
  // One question is all that anybody asks (RFC 9619); mDNS asks several at once.
  if (questions > 64) return undefined
  const message = {
    id: word(from),
    isResponse: (bits & 0x8000) !== 0,
    opcode: (bits >>> 11) & 15,
    truncated: (bits & 0x0200) !== 0,
    rcode: bits & 15,
    answers: word(from + 6),
  }
  if (questions === 0) return message
  const labels: string[] = []
  let at = from + HEADER
  for (;;) {
    if (at >= to) return message
    const length = bytes[at]
    if (length === 0) break
    if (length > 63 || at - from - HEADER + length > LONGEST_NAME) return undefined
    if (at + 1 + length > to) return message
    let label = ''
    for (let i = at + 1; i <= at + length; i++) label += labelText(bytes[i])
    labels.push(label)
    at += 1 + length
  }
  if (at + 5 > to) return message
  return { ...message, question: { name: labels.join('.'), type: word(at + 1) } }
}

/** Bytes that would mislead a reader are escaped as in zone files (RFC 1035 section 5.1). */
export function labelText(byte: number): string {
  if (byte === 0x2e || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`
}

// IANA, Domain Name System (DNS) Parameters.
export const DNS_TYPES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  35: 'NAPTR',
  41: 'OPT',
  43: 'DS',
  46: 'RRSIG',
  47: 'NSEC',
  48: 'DNSKEY',
  64: 'SVCB',
  65: 'HTTPS',
  252: 'AXFR',
  255: 'ANY',
}
const RCODES: readonly string[] = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
const NXDOMAIN = 3

export function dnsTypeName(type: number): string {
  return DNS_TYPES[type] ?? `TYPE${type}`
}

/** "NOERROR", "NXDOMAIN", "NOERROR, truncated"; "NODATA" when the name exists and has no record of the type (RFC 2308). */
export function dnsAnswerText({ rcode, truncated, answers }: DnsMessage): string {
  if (truncated) return `${RCODES[rcode] ?? `RCODE${rcode}`}, truncated`
  if (rcode === 0 && answers === 0) return 'NODATA'
  return RCODES[rcode] ?? `RCODE${rcode}`
}

/** That there is no such name is an answer, no failure: search lists produce it all the time. */
export function dnsFailed({ rcode }: DnsMessage): boolean {
  return rcode !== 0 && rcode !== NXDOMAIN
}
