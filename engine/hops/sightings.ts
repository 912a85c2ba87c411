const SMALLEST = 2 ** 12

/** Who carried a key, which is a whole number from 0 on: a hash table with open addressing, as a Map ends at 2^24 entries. */
export class Sightings {
  #keys = new Float64Array(SMALLEST).fill(NaN)
  /** By slot, the place of its newest sighting. */
  #newest = new Int32Array(SMALLEST).fill(-1)
  #used = 0
  readonly #who: number[] = []
  /** By sighting, the place of the one of the same key before it; -1 = none. */
  readonly #before: number[] = []

  /** Twice by the same, one after the other, counts once. */
  add(key: number, who: number, isSame: (other: number) => boolean): void {
    let slot = this.#slotOf(key)
    const newest = this.#newest[slot]
    if (newest < 0) {
      if (++this.#used * 2 > this.#keys.length) {
        this.#grow()
        slot = this.#slotOf(key)
      }
      this.#keys[slot] = key
    } else if (isSame(this.#who[newest])) return
    this.#newest[slot] = this.#who.push(who) - 1
    this.#before.push(newest)
  }

  /** Keys that several carried, with who, in the order of their coming. */
  *shared(): Generator<{ readonly key: number; readonly by: number[] }> {
    for (const [slot, newest] of this.#newest.entries()) {
      if (newest < 0 || this.#before[newest] < 0) continue
      const by: number[] = []
      for (let at = newest; at >= 0; at = this.#before[at]) by.push(this.#who[at])
      yield { key: this.#keys[slot], by: by.reverse() }
    }
  }

  #slotOf(key: number): number {
    const mask = this.#keys.length - 1
    const mixed = Math.imul((key >>> 0) ^ Math.imul(Math.floor(key / 2 ** 32), 0x9e37_79b1), 0x85eb_ca6b)
    let slot = (mixed ^ (mixed >>> 15)) & mask
    while (this.#newest[slot] >= 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const keys = this.#keys
    const newest = this.#newest
    this.#keys = new Float64Array(2 * keys.length).fill(NaN)
    this.#newest = new Int32Array(2 * keys.length).fill(-1)
    for (const [at, sighting] of newest.entries()) {
      if (sighting < 0) continue
      const slot = this.#slotOf(keys[at])
      this.#keys[slot] = keys[at]
      this.#newest[slot] = sighting
    }
  }
}
