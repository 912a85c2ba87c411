import { latin1Text } from './ascii.ts'
import { readHuffman } from './hpack-huffman.ts'

/** Fields 1 to 61 (RFC 7541 appendix A), "name" or "name: value". */
const STATIC_FIELDS =
  `:authority|:method: GET|:method: POST|:path: /|:path: /index.html|:scheme: http|:scheme: https|:status: 200|:status: 204|:status: 206|:status: 304|:status: 400|:status: 404|:status: 500|accept-charset|accept-encoding: gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate`
    .split('|')
    .map((field): HpackField => {
      const colon = field.indexOf(': ')
      return colon < 0 ? { name: field, value: '' } : { name: field.slice(0, colon), value: field.slice(colon + 2) }
    })

/** A header field as far as it is known: what it refers to may have been sent in bytes that were not captured. */
export interface HpackField {
  readonly name: string | undefined
  readonly value: string | undefined
}

const UNKNOWN: HpackField = { name: undefined, value: undefined }
/** What an entry of the dynamic table counts for besides its bytes (section 4.1). */
const ENTRY_OVERHEAD = 32
/** Bytes of dynamic table that are kept. A longer one, if negotiated, has unknown fields at its end. */
const MOST_TABLE = 65_536
/** Fields whose values are of use; the others, where the secrets are, are forgotten as they are read. */
const WANTED = new Set([':method', ':path', ':authority', ':status', 'content-type', 'grpc-status'])

/** Where Huffman codes are decoded into. */
let decoded = new Uint8Array(1024)

/**
 * Decodes the header blocks of one direction (RFC 7541). The newest entry of the dynamic table has the lowest number, so after a hole
 * entries that were added since are known again and older ones are unknown: `forget` is all a hole takes, and nothing is ever guessed.
 */
export class HpackDecoder {
  /** Newest last. */
  readonly #entries: { readonly field: HpackField; readonly size: number }[] = []
  #size = 0
  #limit = MOST_TABLE
  #at = 0
  // Where the string is that was read; made into text only when it is wanted.
  #source: Uint8Array = decoded
  #from = 0
  #length = 0

  /** Part of what was sent is missing. */
  forget(): void {
    this.#entries.length = 0
    this.#size = 0
  }

  /** The fields of a whole header block in order; undefined if it is malformed, after which nothing of the table is known. */
  decode(block: Uint8Array): HpackField[] | undefined {
    const fields: HpackField[] = []
    this.#at = 0
    while (this.#at < block.length) {
      const first = block[this.#at]
      if ((first & 0xe0) === 0x20) {
        // 001xxxxx: the table's new size (section 6.3)
        const size = this.#integer(block, 5)
        if (size < 0) return this.#malformed()
        this.#limit = Math.min(size, MOST_TABLE)
        this.#evict()
        continue
      }
      // 1xxxxxxx: a field of the table; 01xxxxxx: a literal to be added to it; 0000xxxx, 0001xxxx: one that is not
      const indexed = (first & 0x80) !== 0
      const added = (first & 0xc0) === 0x40
      const index = this.#integer(block, indexed ? 7 : added ? 6 : 4)
      if (index < 0 || (indexed && index === 0)) return this.#malformed()
      if (indexed) {
        fields.push(this.#field(index))
        continue
      }
      if (index === 0 && !this.#readString(block)) return this.#malformed()
      const name = index === 0 ? this.#text() : this.#field(index).name
      if (!this.#readString(block)) return this.#malformed()
      const field = { name, value: name !== undefined && WANTED.has(name) ? this.#text() : undefined }
      fields.push(field)
      if (added) this.#add(field, (name?.length ?? 0) + this.#length + ENTRY_OVERHEAD)
    }
    return fields
  }

  #malformed(): undefined {
    this.forget()
    return undefined
  }

  #field(index: number): HpackField {
    if (index <= STATIC_FIELDS.length) return STATIC_FIELDS[index - 1]
    return this.#entries.at(STATIC_FIELDS.length - index)?.field ?? UNKNOWN
  }

  #add(field: HpackField, size: number): void {
    this.#entries.push({ field, size })
    this.#size += size
    this.#evict()
  }

  #evict(): void {
    let count = 0
    while (this.#size > this.#limit) this.#size -= this.#entries[count++].size
    if (count > 0) this.#entries.splice(0, count)
  }

  /** Section 5.1; -1 if it is cut off or too large. */
  #integer(block: Uint8Array, prefix: number): number {
    const most = (1 << prefix) - 1
    let value = block[this.#at++] & most
    if (value < most) return value
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= block.length) return -1
      const byte = block[this.#at++]
      value += (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) return value
    }
    return -1
  }

  /** Section 5.2; false if it is cut off or not of the Huffman code. */
  #readString(block: Uint8Array): boolean {
    if (this.#at >= block.length) return false
    const huffman = (block[this.#at] & 0x80) !== 0
    const length = this.#integer(block, 7)
    const from = this.#at
    if (length < 0 || from + length > block.length) return false
    this.#at += length
    this.#source = block
    this.#from = from
    this.#length = length
    if (!huffman) return true
    if (decoded.length < length * 2) decoded = new Uint8Array(length * 2)
    this.#source = decoded
    this.#from = 0
    this.#length = readHuffman(block, from, from + length, decoded)
    return this.#length >= 0
  }

  /** The string that was read. */
  #text(): string {
    return latin1Text(this.#source, this.#from, this.#from + this.#length)
  }
}
