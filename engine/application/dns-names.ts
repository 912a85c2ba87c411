import { ipv4Text, ipv6Text } from '../columns/address-text.ts'
import { type DnsMessage, labelText } from './dns-message.ts'

/** Addresses that names are kept of; what comes later is not remembered. */
const MOST_ADDRESSES = 50_000
const MOST_NAMES = 8
const HEADER = 12
const A = 1
const AAAA = 28
const IN = 1
const ADDRESS_BYTES = 16

/**
 * What names had which address, from the DNS responses of the capture: the name that was asked for, also where the answer came by way of
 * aliases (CNAME), since that is the one that programs and people know.
 */
export class DnsNames {
  readonly #names = new Map<string, Set<string>>()

  /** By address. */
  get names(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#names
  }

  /** `message` is what was read of bytes[from, to), which may be cut; only responses tell something. */
  add(message: DnsMessage, bytes: Uint8Array, from: number, to: number): void {
    if (!message.isResponse || message.rcode !== 0 || message.answers === 0 || message.opcode !== 0) return
    const name = message.question?.name
    // Several questions (multicast DNS) leave open which of them an answer is to.
    if (name === undefined || name === '' || ((bytes[from + 4] << 8) | bytes[from + 5]) !== 1) return
    let at = skipName(bytes, from + HEADER, to) + 4
    for (let answer = 0; answer < message.answers; answer++) {
      at = skipName(bytes, at, to)
      if (at + 10 > to) return
      const type = (bytes[at] << 8) | bytes[at + 1]
      const kind = (bytes[at + 2] << 8) | bytes[at + 3]
      const length = (bytes[at + 8] << 8) | bytes[at + 9]
      const data = at + 10
      at = data + length
      if (at > to) return
      if (kind !== IN) continue
      if (type === A && length === 4) {
        const address = (bytes[data] << 24) | (bytes[data + 1] << 16) | (bytes[data + 2] << 8) | bytes[data + 3]
        this.#keep(ipv4Text(address >>> 0), name)
      } else if (type === AAAA && length === ADDRESS_BYTES) this.#keep(ipv6Text(bytes, data), name)
    }
  }

  #keep(address: string, name: string): void {
    let known = this.#names.get(address)
    if (!known) {
      if (this.#names.size >= MOST_ADDRESSES) return
      this.#names.set(address, (known = new Set()))
    }
    if (known.size < MOST_NAMES) known.add(name.toLowerCase())
  }
}

/** Behind the name at `at` (RFC 1035 section 4.1.4): a pointer to another place ends it. Beyond `to` where it was cut. */
function skipName(bytes: Uint8Array, at: number, to: number): number {
  for (let next = at; next < to;) {
    const length = bytes[next]
    if (length === 0) return next + 1
    if (length >= 0xc0) return next + 2
    next += 1 + length
  }
  return to + 1
}

/** Labels of a name: at most 127 fit into its 255 bytes. */
const MOST_LABELS = 128

/**
 * The name at `at` of the message that begins at `start`, without its last dot, and where what follows it is. Undefined if it is cut or none:
 * a pointer (RFC 1035 section 4.1.4) may only lead back, so that no chain of them goes round.
 */
export function readDnsName(
  bytes: Uint8Array,
  at: number,
  start: number,
  to: number,
): { readonly text: string; readonly next: number } | undefined {
  const labels: string[] = []
  let next = -1
  // Where a pointer must lead before.
  let bound = at
  for (let i = at; i < to && labels.length < MOST_LABELS;) {
    const length = bytes[i]
    if (length === 0) return { text: labels.join('.'), next: next < 0 ? i + 1 : next }
    if (length >= 0xc0) {
      if (i + 2 > to) return undefined
      const target = start + (((length & 0x3f) << 8) | bytes[i + 1])
      if (target >= bound) return undefined
      if (next < 0) next = i + 2
      i = bound = target
      continue
    }
    if (length > 63 || i + 1 + length > to) return undefined
    let label = ''
    for (let j = i + 1; j <= i + length; j++) label += labelText(bytes[j])
    labels.push(label)
    i += 1 + length
  }
  return undefined
}
