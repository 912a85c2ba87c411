import fc from 'fast-check'
import { joined } from './mutate.ts'
import type { Frame } from './corpus.ts'
import { frame } from './packets.ts'

// pcapng files from generated blocks: every type, either byte order, options, and now and then a wrong length.

const option = fc
  .tuple(
    fc.constantFrom(0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 14, 2988, 0x8001),
    fc.uint8Array({ maxLength: 14 }),
    fc.nat(25),
  )
  .map(([code, value, lie]) => ({ code, value, length: lie === 0 ? 0xfff0 : value.length }))

const options = fc.array(option, { maxLength: 3 })

interface Block {
  readonly type: number
  readonly body: (little: boolean) => Uint8Array
  /** Added to the true total length; 0 mostly. */
  readonly lie: number
}

const lie = fc.oneof(
  { weight: 30, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -16, max: 64 }) },
)
const word = fc.nat(0xffff_ffff)

function numbers(little: boolean, ...values: readonly (readonly [bits: 16 | 32, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [bits]) => sum + bits / 8, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [bits, value] of values) {
    if (bits === 16) view.setUint16(at, value, little)
    else view.setUint32(at, value, little)
    at += bits / 8
  }
  return bytes
}

const padded = (bytes: Uint8Array) => joined(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4))

type Options = readonly { readonly code: number; readonly value: Uint8Array; readonly length: number }[]

const optionBytes = (little: boolean, list: Options) =>
  joined(...list.flatMap(({ code, value, length }) => [numbers(little, [16, code], [16, length]), padded(value)]))

const interfaceBlock: fc.Arbitrary<Block> = fc
  .tuple(
    fc.constantFrom(1, 0, 9, 101, 113, 276, 105, 147, 65_535),
    word,
    options,
    fc.constantFrom(6, 9, 3, 0x8a, 0, 255),
    lie,
  )
  .map(([linkType, snapLength, list, resolution, off]) => ({
    type: 1,
    lie: off,
    body: (little) =>
      joined(
        numbers(little, [16, linkType], [16, 0], [32, snapLength]),
        optionBytes(little, [{ code: 9, value: Uint8Array.of(resolution), length: 1 }, ...list]),
      ),
  }))

const enhancedPacket: fc.Arbitrary<Block> = fc
  .tuple(fc.nat(2), word, word, frame, options, fc.nat(30), lie)
  .map(([id, high, low, { bytes, length }, list, wrong, off]) => ({
    type: 6,
    lie: off,
    body: (little) =>
      joined(
        numbers(little, [32, id], [32, high >>> 12], [32, low], [32, wrong === 0 ? low : bytes.length], [32, length]),
        padded(bytes),
        optionBytes(little, list),
      ),
  }))

const simplePacket: fc.Arbitrary<Block> = fc.tuple(frame, lie).map(([{ bytes, length }, off]) => ({
  type: 3,
  lie: off,
  body: (little) => joined(numbers(little, [32, length]), padded(bytes)),
}))

const obsoletePacket: fc.Arbitrary<Block> = fc
  .tuple(fc.nat(2), word, frame, lie)
  .map(([id, low, { bytes, length }, off]) => ({
    type: 2,
    lie: off,
    body: (little) =>
      joined(numbers(little, [16, id], [16, 0], [32, 5], [32, low], [32, bytes.length], [32, length]), padded(bytes)),
  }))

const otherBlock: fc.Arbitrary<Block> = fc
  .tuple(fc.constantFrom(4, 5, 9, 10, 0xbad, 0x4000_0bad, 0x7777), fc.uint8Array({ maxLength: 50 }), lie)
  .map(([type, bytes, off]) => ({ type, lie: off, body: () => padded(bytes) }))

const section = fc
  .tuple(
    fc.boolean(),
    options,
    fc.array(fc.oneof(enhancedPacket, enhancedPacket, simplePacket, obsoletePacket, otherBlock, interfaceBlock), {
      maxLength: 8,
    }),
    interfaceBlock,
    fc.nat(40),
  )
  .map(([little, list, blocks, first, lieAboutVersion]) => {
    const head = joined(
      numbers(
        little,
        [32, 0x1a2b_3c4d],
        [16, lieAboutVersion === 0 ? 2 : 1],
        [16, 0],
        [32, 0xffff_ffff],
        [32, 0xffff_ffff],
      ),
      optionBytes(little, list),
    )
    const all: Block[] = [
      { type: 0x0a0d_0d0a, body: () => head, lie: 0 },
      ...(lieAboutVersion === 1 ? [] : [first]),
      ...blocks,
    ]
    return joined(
      ...all.map(({ type, body, lie: off }) => {
        const bytes = body(little)
        const length = (bytes.length + 12 + off) >>> 0
        return joined(numbers(little, [32, type], [32, length]), bytes, numbers(little, [32, length]))
      }),
    )
  })

/** One or more sections. */
export const pcapngFile: fc.Arbitrary<Uint8Array> = fc
  .array(section, { minLength: 1, maxLength: 3 })
  .map((sections) => joined(...sections))

/** The frames as one file, a millisecond apart, with an interface for each link type. */
export function pcapngOf(frames: readonly Frame[]): Uint8Array {
  const block = (type: number, body: Uint8Array) =>
    joined(numbers(true, [32, type], [32, body.length + 12]), body, numbers(true, [32, body.length + 12]))
  const linkTypes = [...new Set(frames.map(({ linkType }) => linkType))]
  const head = numbers(true, [32, 0x1a2b_3c4d], [16, 1], [16, 0], [32, 0xffff_ffff], [32, 0xffff_ffff])
  const interfaces = linkTypes.map((linkType) => block(1, numbers(true, [16, linkType], [16, 0], [32, 0])))
  const packets = frames.map(({ bytes, length, linkType }, index) => {
    const fixed = [linkTypes.indexOf(linkType), 0x0006_0000, index * 1000, bytes.length, length]
    return block(6, joined(numbers(true, ...fixed.map((value) => [32, value] as const)), padded(bytes)))
  })
  return joined(block(0x0a0d_0d0a, head), ...interfaces, ...packets)
}
