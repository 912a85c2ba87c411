import type { Kernel } from '../kernel.ts'
import { COUNT, TABLE } from '../kernel-tables.ts'

/** Interned IPv6 (16 bytes) and MAC (6 bytes) addresses: a number for each. */
export class AddressTable {
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  get count(): number {
    return this.#kernel.words(TABLE.counts)[COUNT.addresses]
  }

  /** The address's bytes: 16 for IPv6, 6 for MAC. */
  bytes(id: number): Uint8Array {
    const length = this.#kernel.bytes(TABLE.addressLengths)[id]
    return this.#kernel.bytes(TABLE.addressBytes).subarray(id * 16, id * 16 + length)
  }
}
