import { describe, expect, it } from 'vitest'
import { decodeFrame, decodingIn } from './decode.ts'
import { ETHERNET, FRAMES, hex, IP_SYN, MACS, stack } from './frames.fixture.ts'
import { Packet } from './packet.ts'

const frames = FRAMES.map(([, linkType, text]) => ({ linkType, bytes: hex(text) }))

/** All of them, one behind the other, with where each begins. */
function together() {
  const places: number[] = []
  let length = 0
  for (const { bytes } of frames) {
    places.push(length)
    length += bytes.length
  }
  const all = new Uint8Array(length)
  frames.forEach(({ bytes }, n) => all.set(bytes, places[n]))
  return { all, places }
}

/** What the packet says, with positions counted from its frame's first byte. */
function said(bytes: Uint8Array, at: number, length: number, linkType: number) {
  const packet = new Packet()
  decodeFrame(packet, bytes, at, length, length, linkType)
  const { start, end, payloadAt, payloadLength, error, layerCount, layerAt } = packet
  const layers = Array.from(layerAt.subarray(0, layerCount), (place) => place - start)
  return [stack(packet), start - at, end - start, payloadAt - start, payloadLength, error, ...layers]
}

describe('decoding frames where they lie', () => {
  it('says of each what it says of a frame alone', () => {
    const { all, places } = together()
    decodingIn(all, () => {
      for (const [n, { bytes, linkType }] of frames.entries()) {
        expect(said(all, places[n], bytes.length, linkType)).toEqual(said(bytes, 0, bytes.length, linkType))
      }
    })
  })

  it('takes frames of other bytes meanwhile, and more than there was room for', () => {
    const { all, places } = together()
    const other = new Uint8Array(3 << 20)
    const syn = hex(MACS, '0800', IP_SYN)
    other.set(syn, other.length - syn.length)
    const alone = frames.map(({ bytes, linkType }) => said(bytes, 0, bytes.length, linkType))
    decodingIn(all, () => {
      for (const [n, { bytes, linkType }] of frames.entries()) {
        expect(said(other, other.length - syn.length, syn.length, ETHERNET)).toEqual(said(syn, 0, syn.length, ETHERNET))
        expect(said(all, places[n], bytes.length, linkType)).toEqual(alone[n])
      }
    })
    decodingIn(other, () => {
      expect(said(other, other.length - syn.length, syn.length, ETHERNET)).toEqual(said(syn, 0, syn.length, ETHERNET))
    })
  })

  it('reads bytes anew once it is over, also after an error', () => {
    const bytes = hex(MACS, '0800', IP_SYN)
    const before = said(bytes, 0, bytes.length, ETHERNET)
    expect(() =>
      decodingIn(bytes, () => {
        throw new Error('no')
      }),
    ).toThrow('no')
    bytes[13] = 0x06
    expect(said(bytes, 0, bytes.length, ETHERNET)).not.toEqual(before)
  })
})
