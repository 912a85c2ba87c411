import type { Kernel } from '../kernel.ts'
import { TABLE } from '../kernel-tables.ts'

/** Words of TABLE.labelCounts: for each label, in the order of the bits, how many packets and conversations have it, and the first row. */
export const LABEL_COUNT = { packets: 0, conversations: 16, firstRow: 32, words: 48 } as const

/** How many packets of the capture have each label. A label is asked for by its bit in LABEL. */
export class LabelCounts {
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  packets(label: number): number {
    return this.#word(LABEL_COUNT.packets, label)
  }

  conversations(label: number): number {
    return this.#word(LABEL_COUNT.conversations, label)
  }

  /** The first packet that has it, if any does. */
  firstRow(label: number): number {
    return this.#word(LABEL_COUNT.firstRow, label)
  }

  #word(count: number, label: number): number {
    return this.#kernel.unsigned(TABLE.labelCounts)[count + 31 - Math.clz32(label)]
  }
}
