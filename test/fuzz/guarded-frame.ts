/** Bytes put around a frame, so that what is read there shows. */
const MARGIN = 64

export interface PlacedFrame {
  readonly bytes: Uint8Array
  readonly at: number
}

/** `frame` at `at` in a buffer that is `poison` elsewhere. */
export function surrounded(frame: Uint8Array, poison: number, at = MARGIN): PlacedFrame {
  const bytes = new Uint8Array(at + frame.length + MARGIN).fill(poison)
  bytes.set(frame, at)
  return { bytes, at }
}

/** The same buffer, but reading a byte outside the frame throws. */
export function guarded(frame: Uint8Array, at = MARGIN): PlacedFrame {
  const { bytes } = surrounded(frame, 0xee, at)
  const end = at + frame.length
  const check = (from: number, to: number) => {
    if (from < at || to > end) {
      throw new Error(`read bytes ${from - at} to ${to - at} of a frame of ${frame.length}`)
    }
  }
  const proxy = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && key.charCodeAt(0) <= 0x39) {
        const index = Number(key)
        check(index, index + 1)
        return target[index]
      }
      if (key === 'subarray' || key === 'slice') {
        return (from = 0, to = target.length) => {
          if (to > from) check(from, to)
          return target.slice(from, to)
        }
      }
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { bytes: proxy, at }
}
