import { firstPlace } from '../binary-search.ts'
import { Sightings } from './sightings.ts'

/** A flow of datagrams as one capture has it. */
export interface AskedFlow {
  readonly source: number
  /** The address that asks, and with its port; the end that is asked, which NAT of the asker leaves as it is. */
  readonly address: string
  readonly asker: string
  readonly end: string
  /** The points that saw what went between the two. */
  readonly seenBy: ReadonlySet<number>
}

/** A flow under two addresses of its asker, seen at two captures or at one. */
interface Pair<F> {
  readonly one: F
  readonly other: F
  /** Nanoseconds from what one saw to what the other did, of what is the same by its bytes and its IP ID. */
  readonly apart: number[]
}

/** Clocks drift apart, and queues make late: by so much at most from what is usual between two captures; nanoseconds. */
const ABOUT_NS = 100e6
/** A capture that sees both sides of the NAT sees them that soon after each other. */
const BOTH_NS = 20e6
/** What more carry tells none of them. */
const MOST_ASKERS = 16
/** Of the flows of an address that is masqueraded, at least one in so many is seen behind: others that look it are so by chance. */
const SHARE = 8
/** Points that see both are on one side of the NAT: it is no NAT. */
const SEE_BOTH = 2

/**
 * Finds flows whose asker has another address behind a NAT (masquerade): they ask the same end the same, with the same IP IDs, as far apart in time as
 * others between these addresses. Which of several that are alike is which is told by time.
 */
export class Masquerades<F extends AskedFlow> {
  readonly #sightings = new Sightings()
  readonly #seen: { readonly flow: F; readonly time: number }[] = []
  /** By address and end that is asked: how many ports ask. */
  readonly #askers = new Map<string, Set<string>>()

  begin({ address, asker, end }: F): void {
    const key = `${address} ${end}`
    const known = this.#askers.get(key)
    if (known) known.add(asker)
    else this.#askers.set(key, new Set([asker]))
  }

  /** `ends`: 20 bits of the end that is asked. */
  add(flow: F, ends: number, digest: number, ipId: number, time: number): void {
    const place = this.#seen.push({ flow, time }) - 1
    const bits = (digest ^ Math.imul(ipId, 0x9e37_79b1)) >>> 0
    this.#sightings.add(ends * 2 ** 32 + bits, place, (other) => this.#seen[other].flow === flow)
  }

  *same(): Generator<[F, F]> {
    for (const pairs of this.#candidates().values()) {
      const usual = mostCommon(pairs.flatMap(({ apart }) => apart))
      const likely = pairs
        .map((pair) => ({ ...pair, apart: pair.apart.filter((each) => Math.abs(each - usual) <= ABOUT_NS) }))
        .filter(({ apart }) => apart.length > 0)
      // One flow stays one on the other side: of several that fit it is the one that shares most, then the one that is nearest in time.
      const off = ({ apart }: Pair<F>) => Math.abs(apart[0] - usual)
      likely.sort((a, b) => b.apart.length - a.apart.length || off(a) - off(b))
      const taken = new Set<string>()
      const chosen = likely.filter(({ one, other }) => {
        if (taken.has(one.asker) || taken.has(other.asker)) return false
        taken.add(one.asker).add(other.asker)
        return true
      })
      if (chosen.length === 0) continue
      const [{ one, other }] = chosen
      const all = [one, other].map(({ address, end }) => this.#askers.get(`${address} ${end}`)?.size ?? 0)
      if (chosen.length * SHARE < Math.min(...all)) continue
      for (const pair of chosen) yield [pair.one, pair.other]
    }
  }

  /** By addresses, end and captures. */
  #candidates(): Map<string, Pair<F>[]> {
    const pairs = new Map<string, Map<string, Pair<F>>>()
    for (const { by } of this.#sightings.shared()) {
      const { end } = this.#seen[by[0]].flow
      const seen = by.map((place) => this.#seen[place]).filter(({ flow }) => flow.end === end)
      if (new Set(seen.map(({ flow }) => flow.asker)).size > MOST_ASKERS) continue
      // Of each flow the first.
      const first = Array.from(new Map(seen.toReversed().map((each) => [each.flow, each])).values())
      for (const [i, left] of first.entries()) {
        for (const right of first.slice(i + 1)) {
          if (left.flow.address === right.flow.address) continue
          const turned = left.flow.address > right.flow.address
          const [one, other] = turned ? [right, left] : [left, right]
          const apart = other.time - one.time
          const isOne = one.flow.source === other.flow.source
          if (isOne && Math.abs(apart) > BOTH_NS) continue
          if (common(one.flow, other.flow) >= SEE_BOTH) continue
          const key = `${one.flow.address} ${other.flow.address} ${end} ${one.flow.source} ${other.flow.source}`
          const known = pairs.get(key) ?? new Map<string, Pair<F>>()
          pairs.set(key, known)
          const which = `${one.flow.asker} ${other.flow.asker}`
          const pair = known.get(which)
          if (pair) pair.apart.push(apart)
          else known.set(which, { one: one.flow, other: other.flow, apart: [apart] })
        }
      }
    }
    return new Map(Array.from(pairs, ([key, own]) => [key, Array.from(own.values())]))
  }
}

function common(one: AskedFlow, other: AskedFlow): number {
  return Array.from(one.seenBy).filter((point) => other.seenBy.has(point)).length
}

/** The middle of where most of the numbers are, within ABOUT_NS. */
function mostCommon(numbers: number[]): number {
  const sorted = Float64Array.from(numbers).sort()
  let best = { count: 0, middle: 0 }
  for (const [i, from] of sorted.entries()) {
    const count = firstPlace(i, sorted.length, (place) => sorted[place] > from + ABOUT_NS) - i
    if (count > best.count) best = { count, middle: sorted[i + (count >> 1)] }
  }
  return best.middle
}
