/** The bytes as text; what is not printable ASCII, and could steer a terminal or deceive a reader, is a replacement character. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++)
    text += bytes[i] >= 0x20 && bytes[i] < 0x7f ? String.fromCharCode(bytes[i]) : '\u{fffd}'
  return text
}

export function startsWith(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from < text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false
  return true
}

/** The same of a text whose characters are bytes. */
export const printable = (text: string): string => text.replace(/[^ -~]/g, '\u{fffd}')
