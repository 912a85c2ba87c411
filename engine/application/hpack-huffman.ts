/**
 * The code of RFC 7541 appendix B. It is canonical (codes of one length are consecutive, in the order of their symbols), so lengths
 * and symbols say it all. Symbols as character codes; 256 is EOS, which must not occur.
 */
const SYMBOLS: readonly (readonly [length: number, symbols: readonly number[]])[] = [
  [5, codes('012aceiost')],
  [6, codes(' %-./3456789=A_bdfghlmnpru')],
  [7, codes(':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz')],
  [8, codes('&*,;XZ')],
  [10, codes('!"()?')],
  [11, codes("'+|")],
  [12, codes('#>')],
  [13, [0, ...codes('$@[]~')]],
  [14, codes('^}')],
  [15, codes('<`{')],
  [19, [92, 195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [
      129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198,
      228, 232, 233,
    ],
  ],
  [
    23,
    [
      1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182,
      183, 188, 191, 197, 231, 239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254]],
  [
    28,
    [2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127, 220, 249],
  ],
  [30, [10, 13, 22, 256]],
]
const LONGEST = 30
const EOS = 256

/** By code length: the first code, how many there are, and where their symbols begin. */
const FIRST = new Uint32Array(LONGEST + 1)
const COUNT = new Uint32Array(LONGEST + 1)
const PLACE = new Uint32Array(LONGEST + 1)
const IN_ORDER = new Uint16Array(257)

let code = 0
let placed = 0
let lengthSoFar = 0
for (const [length, symbols] of SYMBOLS) {
  code <<= length - lengthSoFar
  lengthSoFar = length
  FIRST[length] = code
  COUNT[length] = symbols.length
  PLACE[length] = placed
  for (const symbol of symbols) IN_ORDER[placed++] = symbol
  code += symbols.length
}

/** By the next eight bits: the length of a code that is no longer, times 256, plus its symbol; 0 = the code is longer. */
const SHORT = new Uint16Array(256)
for (let length = 1; length <= 8; length++) {
  for (let i = 0; i < COUNT[length]; i++) {
    const first = (FIRST[length] + i) << (8 - length)
    SHORT.fill((length << 8) | IN_ORDER[PLACE[length] + i], first, first + (1 << (8 - length)))
  }
}

/**
 * Writes the text behind bytes [from, to) into `text`, each character a byte (Latin-1); its length, -1 if they are not of this code. A byte is
 * at most 1.6 characters.
 */
export function readHuffman(bytes: Uint8Array, from: number, to: number, text: Uint8Array): number {
  const end = to * 8
  let written = 0
  let at = from * 8
  while (at < end) {
    const byte = at >>> 3
    const next = byte + 1 < to ? bytes[byte + 1] : 0xff
    const found = SHORT[(((bytes[byte] << 8) | next) >>> (8 - (at & 7))) & 0xff]
    if (found !== 0 && at + (found >>> 8) <= end) {
      text[written++] = found & 0xff
      at += found >>> 8
      continue
    }
    const symbol = longSymbol(bytes, at, end)
    // Padding: at most seven bits, the first ones of EOS (section 5.2).
    if (symbol === NOTHING) return end - at < 8 && isOnes(bytes, at, end) ? written : -1
    if ((symbol & 0xffff) === EOS) return -1
    text[written++] = symbol & 0xff
    at += symbol >>> 16
  }
  return written
}

const NOTHING = 0

/** The code of more than eight bits that begins at bit `at`: its length times 65,536, plus its symbol. */
function longSymbol(bytes: Uint8Array, at: number, end: number): number {
  let bits = 0
  for (let length = 1; length <= LONGEST && at + length <= end; length++) {
    bits = (bits << 1) | bitAt(bytes, at + length - 1)
    const place = bits - FIRST[length]
    if (place >= 0 && place < COUNT[length]) return (length << 16) | IN_ORDER[PLACE[length] + place]
  }
  return NOTHING
}

function isOnes(bytes: Uint8Array, at: number, end: number): boolean {
  for (let bit = at; bit < end; bit++) if (bitAt(bytes, bit) === 0) return false
  return true
}

const bitAt = (bytes: Uint8Array, bit: number): number => (bytes[bit >>> 3] >>> (7 - (bit & 7))) & 1

function codes(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0))
}
