import fc from 'fast-check'
import { caseSeed, Random } from './random.ts'

/** One kind of fuzzing. It throws at the first case that shows a fault. */
export interface Campaign {
  readonly name: string
  /** Its part of all cases. */
  readonly share: number
  /** Runs `cases`; `tick` is told before each. */
  run(cases: number, seed: number, tick: () => void): void
}

/** Longer than this and a case counts as hanging: thousands of times what it takes. */
const SLOWEST_MS = 2000

/** A case that failed, with what is needed to look at it again. */
export class Fault extends Error {
  readonly input: Uint8Array

  constructor(what: string, input: Uint8Array, cause: unknown) {
    super(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.input = input
  }
}

/** A campaign whose cases come from our own random choices. `check` throws when `input` shows a fault. */
export function mutationCampaign<T>(
  name: string,
  share: number,
  prepare: () => {
    readonly input: (random: Random) => T
    readonly check: (input: T, random: Random) => void
    readonly bytes: (input: T) => Uint8Array
  },
): Campaign {
  return {
    name,
    share,
    run(cases, seed, tick) {
      const { input, check, bytes } = prepare()
      for (let index = 0; index < cases; index++) {
        tick()
        const random = new Random(caseSeed(seed, index))
        const value = input(random)
        try {
          timed(() => check(value, random))
        } catch (error) {
          throw new Fault(`${name}, seed ${seed}, case ${index}`, bytes(value), error)
        }
      }
    },
  }
}

/** A campaign whose cases fast-check generates, and shrinks when one fails. */
export function generatedCampaign<T>(
  name: string,
  share: number,
  arbitrary: () => fc.Arbitrary<T>,
  check: (input: T) => void,
  bytes: (input: T) => Uint8Array,
): Campaign {
  return {
    name,
    share,
    run(cases, seed, tick) {
      const property = fc.property(arbitrary(), (input) => {
        tick()
        timed(() => check(input))
      })
      const details = fc.check(property, { seed, numRuns: cases })
      if (!details.failed) return
      const input = details.counterexample?.[0]
      const where = `${name}, seed ${details.seed}, path ${details.counterexamplePath}`
      throw new Fault(where, input === undefined ? new Uint8Array(0) : bytes(input), details.errorInstance)
    },
  }
}

/** In processor time of this thread: how long others keep the machine is no fault of the engine. */
function timed(check: () => void): void {
  const began = process.threadCpuUsage()
  check()
  const { user, system } = process.threadCpuUsage(began)
  const ms = (user + system) / 1000
  if (ms > SLOWEST_MS) throw new Error(`took ${Math.round(ms)} ms`)
}
