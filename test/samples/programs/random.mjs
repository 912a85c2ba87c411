/** Seeded random numbers in [0, 1), so that a sample made again asks the same questions (mulberry32). */
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** Log-normal around `median`: most are near it, a few far above. */
export function logNormal(next, median, sigma) {
  const u = Math.max(next(), 1e-12)
  return median * Math.exp(sigma * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * next()))
}
