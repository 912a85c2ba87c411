/** The word in `words` that `text` was most likely meant to be; undefined if none is near. */
export function nearest(text: string, words: Iterable<string>): string | undefined {
  const wanted = text.toLowerCase()
  const dot = wanted.lastIndexOf('.')
  let best: string | undefined
  let bestCost = Math.max(2, Math.ceil(wanted.length / 3)) + 0.5
  for (const word of words) {
    if (Math.abs(word.length - wanted.length) > bestCost + 2) continue
    let cost = editDistance(wanted, word.toLowerCase())
    // Who got the protocol right meant one of its fields; and words are rather broken off than begun elsewhere.
    if (dot > 0 && word.startsWith(wanted.slice(0, dot + 1))) cost -= 1
    if (word.startsWith(wanted)) cost -= 0.5
    if (cost < bestCost) {
      bestCost = cost
      best = word
    }
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours that make one of the other. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2] + 1)
      next.push(cost)
    }
    before = row
    row = next
  }
  return row[b.length]
}
