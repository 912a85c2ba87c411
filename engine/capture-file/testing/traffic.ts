/** Bytes that compress as a capture does: headers that repeat, text, copies from further back, and some noise. */
export function traffic(length: number, seed = 7): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed
  const random = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 16
  for (let at = 0; at < length;) {
    const what = random() % 4
    const run = 1 + (random() % 400)
    for (let i = 0; i < run && at < length; i++, at++) {
      if (what === 0) bytes[at] = random()
      else if (what === 1) bytes[at] = 'GET /health HTTP/1.1\r\nHost: shop\r\n'.charCodeAt(i % 34)
      else if (what === 2) bytes[at] = at > 5000 ? bytes[at - 1 - ((run * 7) % 5000)] : i
      else bytes[at] = i & 3 ? 0 : random() % 16
    }
  }
  return bytes
}
