import { describe, expect, it } from 'vitest'
import { asciiText } from './ascii.ts'
import { HpackDecoder } from './hpack.ts'
import { readHuffman } from './hpack-huffman.ts'

const hex = (text: string) =>
  Uint8Array.from(text.replaceAll(/\s/g, '').match(/../g) ?? [], (byte) => parseInt(byte, 16))
const pairs = (decoder: HpackDecoder, block: string) =>
  decoder.decode(hex(block))?.map(({ name, value }) => `${name ?? '?'}: ${value ?? '?'}`)

function huffman(code: string): string | undefined {
  const text = new Uint8Array(200)
  const length = readHuffman(hex(code), 0, hex(code).length, text)
  return length < 0 ? undefined : asciiText(text, 0, length)
}

describe('Huffman code of HPACK', () => {
  it('reads the examples of RFC 7541 appendix C', () => {
    expect(huffman('f1e3c2e5f23a6ba0ab90f4ff')).toBe('www.example.com')
    expect(huffman('a8eb10649cbf')).toBe('no-cache')
    expect(huffman('25a849e95bb8e8b4bf')).toBe('custom-value')
    expect(huffman('d07abe941054d444a8200595040b8166e082a62d1bff')).toBe('Mon, 21 Oct 2013 20:13:21 GMT')
    expect(huffman('94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007')).toBe(
      'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    )
  })

  it('reads codes of any length', () => {
    // '<' and '|' have 15 and 11 bits, the byte 0 has 13.
    expect(huffman('fff9')).toBe('<')
    expect(huffman('ff9fff3f')).toBe('|<')
    expect(huffman('ffc7')).toBe('\u{fffd}')
  })

  it('refuses EOS and padding that is not of it', () => {
    expect(huffman('ffffffff')).toBeUndefined()
    expect(huffman('1fff')).toBeUndefined()
    expect(huffman('00')).toBeUndefined()
  })
})

describe('HpackDecoder', () => {
  it('reads the requests of RFC 7541 appendix C.4, each with the table the ones before left', () => {
    const decoder = new HpackDecoder()
    const first = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com']
    expect(pairs(decoder, '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff')).toEqual(first)
    expect(pairs(decoder, '8286 84be 5886 a8eb 1064 9cbf')).toEqual([...first, 'cache-control: ?'])
    expect(pairs(decoder, '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf')).toEqual([
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: ?',
    ])
  })

  it('evicts the oldest when the table is made smaller (appendix C.5)', () => {
    const decoder = new HpackDecoder()
    // Size 256, then :status 302, cache-control private, date, location
    pairs(
      decoder,
      '3fe101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
    )
    expect(pairs(decoder, '4803 3330 37c1 c0bf')).toEqual([
      ':status: 307',
      'cache-control: ?',
      'date: ?',
      'location: ?',
    ])
    // :status 302 gave way to 307: what was number 65 is not there any more
    expect(pairs(decoder, 'c2')).toEqual(['?: ?'])
  })

  it('knows after a hole only what was added since', () => {
    const decoder = new HpackDecoder()
    pairs(decoder, '4403 2f61 61')
    decoder.forget()
    expect(pairs(decoder, 'be')).toEqual(['?: ?'])
    expect(pairs(decoder, '4403 2f62 62')).toEqual([':path: /bb'])
    expect(pairs(decoder, 'be bf')).toEqual([':path: /bb', '?: ?'])
    // A literal value behind a name that is not known stays out of it
    expect(pairs(decoder, '0f 30 03 2f6363')).toEqual(['?: ?'])
  })

  it('does not keep what may be secret', () => {
    expect(pairs(new HpackDecoder(), '0f08 06 536563726574')).toEqual(['authorization: ?'])
  })

  it('says so when a block is cut off or malformed, and never loops', () => {
    expect(new HpackDecoder().decode(hex('41 8c f1e3'))).toBeUndefined()
    expect(new HpackDecoder().decode(hex('80'))).toBeUndefined()
    expect(new HpackDecoder().decode(hex('ffffffffffffffff'))).toBeUndefined()
    expect(new HpackDecoder().decode(hex('40'))).toBeUndefined()
  })
})
