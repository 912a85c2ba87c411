import { AddressReplacer, type FillRandom } from './redact-addresses.ts'
import { FrameRedactor } from './redact-frame.ts'

export const REDACTIONS = ['payload', 'addresses', 'names'] as const
/** What is taken out; `addresses` takes payloads and names with it, as those hold addresses in ways that nobody can list. */
export type RedactionKind = (typeof REDACTIONS)[number]

/** Takes out of one export what its reader must not see, and counts it. */
export class Redaction {
  readonly kinds: ReadonlySet<RedactionKind>
  readonly #addresses: AddressReplacer | undefined
  readonly #frames: FrameRedactor | undefined
  #cutPackets = 0
  #cutBytes = 0

  /** `random` decides what addresses become: nobody must be able to guess it. */
  constructor(kinds: Iterable<RedactionKind>, random: FillRandom) {
    const asked = new Set(kinds)
    this.kinds = asked.has('addresses') ? new Set(REDACTIONS) : asked
    if (this.kinds.has('addresses')) this.#addresses = new AddressReplacer(random)
    if (this.kinds.has('payload')) this.#frames = new FrameRedactor(this.#addresses)
  }

  /** Comments, and names of addresses and interfaces, are to be left out. */
  get dropsNames(): boolean {
    return this.kinds.has('names')
  }

  /** What may be written of the frame; `length` is its length on the wire. */
  frame(bytes: Uint8Array, length: number, linkType: number): Uint8Array {
    if (!this.#frames) return bytes
    const kept = this.#frames.frame(bytes, length, linkType)
    if (kept.length < bytes.length) {
      this.#cutPackets++
      this.#cutBytes += bytes.length - kept.length
    }
    return kept
  }

  /** What is done, before it is. */
  get intent(): string {
    const words = { payload: 'payloads cut', addresses: 'addresses replaced', names: 'names and comments dropped' }
    return `redacted: ${REDACTIONS.flatMap((kind) => (this.kinds.has(kind) ? [words[kind]] : [])).join(', ')}`
  }

  /** What was done, once all is written. */
  get summary(): string {
    const parts: string[] = []
    const count = (n: number) => n.toLocaleString('en')
    if (this.#frames) parts.push(`payload of ${count(this.#cutPackets)} packets cut (${count(this.#cutBytes)} bytes)`)
    if (this.#addresses) parts.push(`${count(this.#addresses.count)} addresses replaced`)
    if (this.dropsNames) parts.push('names and comments dropped')
    return `redacted: ${parts.join(', ')}`
  }
}
