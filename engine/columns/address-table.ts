/** Interned IPv6 (16 bytes) and MAC (6 bytes) addresses: a number for each. */
export class AddressTable {
  #bytes = new Uint8Array(16 * 64)
  #lengths = new Uint8Array(64)
  #slots = new Uint32Array(256)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** The number of the address in `bytes[at, at + length)`, which are copied if they are new. */
  intern(bytes: Uint8Array, at: number, length: number): number {
    let h = length
    for (let i = 0; i < length; i++) h = Math.imul(h ^ bytes[at + i], 0x01000193)
    h ^= h >>> 15
    const mask = this.#slots.length - 1
    let slot = h & mask
    for (;;) {
      const entry = this.#slots[slot]
      if (entry === 0) break
      if (this.#equals(entry - 1, bytes, at, length)) return entry - 1
      slot = (slot + 1) & mask
    }
    const id = this.#count++
    if (id === this.#lengths.length) this.#grow()
    this.#lengths[id] = length
    for (let i = 0; i < length; i++) this.#bytes[id * 16 + i] = bytes[at + i]
    this.#slots[slot] = id + 1
    if (this.#count * 2 > this.#slots.length) this.#rehash()
    return id
  }

  /** The address's bytes: 16 for IPv6, 6 for MAC. */
  bytes(id: number): Uint8Array {
    return this.#bytes.subarray(id * 16, id * 16 + this.#lengths[id])
  }

  #equals(id: number, bytes: Uint8Array, at: number, length: number): boolean {
    if (this.#lengths[id] !== length) return false
    const base = id * 16
    for (let i = 0; i < length; i++) if (this.#bytes[base + i] !== bytes[at + i]) return false
    return true
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#bytes.length * 2)
    bytes.set(this.#bytes)
    this.#bytes = bytes
    const lengths = new Uint8Array(this.#lengths.length * 2)
    lengths.set(this.#lengths)
    this.#lengths = lengths
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let id = 0; id < this.#count; id++) {
      const length = this.#lengths[id]
      let h = length
      for (let i = 0; i < length; i++) h = Math.imul(h ^ this.#bytes[id * 16 + i], 0x01000193)
      h ^= h >>> 15
      let slot = h & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id + 1
    }
    this.#slots = slots
  }
}
