/** The same values in an array twice as long. */
export function grown(array: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
export function grown(array: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer>
export function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer>
export function grown(array: Int8Array<ArrayBuffer>): Int8Array<ArrayBuffer>
export function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer>
export function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer>
export function grown(array: Column): Column {
  const next = empty(array, array.length * 2)
  next.set(array)
  return next
}

type Column = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int32Array | Float64Array

function empty(like: Column, length: number): Column {
  if (like instanceof Uint8Array) return new Uint8Array(length)
  if (like instanceof Uint16Array) return new Uint16Array(length)
  if (like instanceof Uint32Array) return new Uint32Array(length)
  if (like instanceof Int8Array) return new Int8Array(length)
  if (like instanceof Int32Array) return new Int32Array(length)
  return new Float64Array(length)
}
