// The engine knows only ECMAScript, which has no TextDecoder; the texts in capture files are short.

/** Text up to the first NUL or `to`. What is not UTF-8 becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  let at = from
  while (at < to && bytes[at] !== 0) {
    const lead = bytes[at++]
    // Bytes that follow, and the least code point that needs them: fewer would do for a smaller one (RFC 3629, section 3).
    const following = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1
    const least = following === 2 ? 0x800 : following === 3 ? 0x1_0000 : 0
    let code = following <= 0 ? lead : lead & (0x3f >> following)
    let taken = 0
    while (taken < following && at < to && (bytes[at] & 0xc0) === 0x80) {
      code = (code << 6) | (bytes[at++] & 0x3f)
      taken++
    }
    const valid = taken === following && code >= least && code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff)
    text += valid ? String.fromCodePoint(code) : '\ufffd'
  }
  return text
}

/** Lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    let code = character.codePointAt(0) ?? 0
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
    else if (code < 0x1_0000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
    else {
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
    }
  }
  return Uint8Array.from(bytes)
}
