/** The bytes as text; what is not printable ASCII, and could steer a terminal or deceive a reader, is a replacement character. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  const text = latin1Text(bytes, from, to)
  for (let i = from; i < to; i++) if (bytes[i] < 0x20 || bytes[i] > 0x7e) return printable(text)
  return text
}

/** Each byte a character. */
export function latin1Text(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  let i = from
  // Eight at a time: each sum is a string of its own.
  for (; i + 8 <= to; i += 8) {
    text += String.fromCharCode(
      bytes[i],
      bytes[i + 1],
      bytes[i + 2],
      bytes[i + 3],
      bytes[i + 4],
      bytes[i + 5],
      bytes[i + 6],
      bytes[i + 7],
    )
  }
  for (; i < to; i++) text += String.fromCharCode(bytes[i])
  return text
}

export function startsWith(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from < text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false
  return true
}

/** The same of a text whose characters are bytes. */
export const printable = (text: string): string => text.replace(/[^ -~]/g, '\u{fffd}')
