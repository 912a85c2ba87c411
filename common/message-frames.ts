// How a message of the contract crosses: as a text frame, its JSON. Byte arrays in it go in a binary frame right before, one after the
// other, and the text is then [message, places]: null where each was, and [its length, ...the keys that lead to it]. Base64 in JSON is a third
// longer, and its coding costs more than all else about a message.

/** What a carrier carries. The bytes have an ArrayBuffer of their own, which a port would clone whole. */
export type Frame = string | Uint8Array<ArrayBuffer>

/** Bytes, or UTF-16 code units. No message of ours comes near it. */
export const MAX_FRAME = 32 << 20

type Key = string | number
type Place = readonly [length: number, ...path: Key[]]

/** @param message a tree of JSON's values and of Uint8Arrays, which are taken out of it and must not change any more */
export function encodeMessage(message: object): readonly Frame[] {
  const taken: { readonly bytes: Uint8Array; readonly path: readonly Key[] }[] = []
  takeBytes(message, [], (bytes, path) => taken.push({ bytes, path }))
  if (taken.length === 0) return [JSON.stringify(message)]
  const places = taken.map(({ bytes, path }): Place => [bytes.length, ...path])
  return [joined(taken.map(({ bytes }) => bytes)), JSON.stringify([message, places])]
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [only] = parts
  if (parts.length === 1 && isWhole(only)) return only
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const bytes of parts) {
    all.set(bytes, at)
    at += bytes.length
  }
  return all
}

function isWhole(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.length
}

function takeBytes(tree: object, path: readonly Key[], take: (bytes: Uint8Array, path: readonly Key[]) => void): void {
  for (const key of Object.keys(tree)) {
    const value: unknown = Reflect.get(tree, key)
    if (typeof value !== 'object' || value === null) continue
    if (!(value instanceof Uint8Array)) takeBytes(value, [...path, key], take)
    else {
      take(value, [...path, key])
      Reflect.set(tree, key, null)
    }
  }
}

/** Puts the messages of one line together. */
export class FrameReader {
  #bytes: Uint8Array | undefined

  /** The message that this frame completes; undefined where more of it has to come. Throws at what is not of our making. */
  read(frame: unknown): unknown {
    const bytes = this.#bytes
    if (typeof frame === 'string') {
      check(frame.length <= MAX_FRAME)
      this.#bytes = undefined
      const message: unknown = JSON.parse(frame)
      return bytes ? withBytes(message, bytes) : message
    }
    const binary = frame instanceof ArrayBuffer ? new Uint8Array(frame) : frame
    check(binary instanceof Uint8Array && binary.length <= MAX_FRAME && !bytes)
    // Not the kind of Uint8Array that a carrier happens to have.
    this.#bytes = new Uint8Array(binary.buffer, binary.byteOffset, binary.length)
    return undefined
  }
}

function withBytes(envelope: unknown, bytes: Uint8Array): unknown {
  check(Array.isArray(envelope) && envelope.length === 2)
  const [message, places]: unknown[] = envelope
  check(Array.isArray(places))
  let at = 0
  for (const place of places) {
    check(isPlace(place))
    const [length, ...path] = place
    const last = path.pop()
    const holder = path.reduce(own, message)
    check(last !== undefined && own(holder, last) === null && length <= bytes.length - at)
    Object.assign(Object(holder), { [last]: bytes.subarray(at, at + length) })
    at += length
  }
  check(at === bytes.length)
  return message
}

/** What JSON put there, and not what all objects have. */
function own(holder: unknown, key: Key): unknown {
  check(typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key))
  return Reflect.get(holder, key)
}

function isPlace(value: unknown): value is Place {
  if (!Array.isArray(value)) return false
  const [length, ...path]: unknown[] = value
  return (
    typeof length === 'number' &&
    Number.isInteger(length) &&
    length >= 0 &&
    path.every((key) => typeof key === 'string' || typeof key === 'number')
  )
}

function check(holds: boolean): asserts holds {
  if (!holds) throw new Error('not a message')
}
