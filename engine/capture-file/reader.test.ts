import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CaptureFileReader } from './reader.ts'
import { ascii, concat, NgBlocks, payload, pcap } from './testing/build-capture.ts'
import { readCapture } from './testing/read-capture.ts'

const ng = new NgBlocks()
const big = new NgBlocks(true)
const records = Array.from({ length: 6 }, (_, i) => ({
  seconds: 1_700_000_000,
  fraction: i,
  bytes: payload(20 * i, i),
}))

const samples: Readonly<Record<string, Uint8Array>> = {
  'a pcap': pcap(records),
  'a big-endian pcap': pcap(records, { bigEndian: true }),
  'a pcap with longer record headers': pcap(
    records.map((record) => ({ ...record, extra: [0, 0, 0, 0, 0, 0, 0, 0] })),
    { magic: 0xa1b2cd34 },
  ),
  'a pcapng of two sections': concat(
    ng.section([[4, 'test']]),
    ng.interface(1, 0, [[2, 'eth0']]),
    ng.enhanced(0, 1_700_000_000_000_000n, payload(33, 1), [[1, 'first']]),
    ng.names([[1, [10, 0, 0, 1], 'a']]),
    ng.block(0x7777_7777, payload(40)),
    ng.enhanced(0, 1_700_000_000_000_001n, payload(70, 2)),
    big.section(),
    big.interface(113),
    big.simple(payload(9, 3)),
    big.custom(1, payload(5)),
    big.obsolete(0, 1_700_000_000_000_002n, payload(50, 4)),
    big.statistics(0, [[4, big.u64(3)]]),
  ),
}

describe('a capture file', () => {
  for (const [name, file] of Object.entries(samples)) {
    const whole = readCapture(file)

    it(`that is ${name} gives the same in chunks of any size`, () => {
      expect(whole.reader.damage).toBeUndefined()
      expect(whole.frames.length).toBeGreaterThan(4)
      const facts = ({ reader }: typeof whole) => [
        reader.epoch,
        reader.interfaces,
        reader.sections,
        reader.names,
        reader.packetComments,
        reader.bytesRead,
        reader.damage,
      ]
      for (const size of [1, 2, 3, 7, 16, 100]) {
        const capture = readCapture(file, () => size)
        expect(capture.frames).toEqual(whole.frames)
        expect(facts(capture)).toEqual(facts(whole))
      }
      fc.assert(
        fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 90 })), (sizes) => {
          const capture = readCapture(file, () => sizes.next().value)
          expect(capture.frames).toEqual(whole.frames)
        }),
      )
    })

    // Cut after one record, the two forms with longer headers can't be told apart.
    if (name === 'a pcap with longer record headers') continue

    it(`that is ${name} and cut at any byte gives the frames up to there, and says what is missing`, () => {
      let reached = 0
      let between = 0
      for (let length = 0; length < file.length; length++) {
        const { reader, frames } = readCapture(file.slice(0, length), () => 13)
        expect(frames).toEqual(whole.frames.slice(0, frames.length))
        expect(frames.length).toBeGreaterThanOrEqual(reached)
        reached = frames.length
        const next = whole.frames[reached]
        // All that is whole before the cut has been read: the next frame ends behind it.
        if (next) expect(next.offset + next.bytes.length + 24 + 24).toBeGreaterThanOrEqual(length)
        // Between two records there is nothing to say.
        if (!reader.damage) {
          between++
          continue
        }
        expect(reader.damage.offset).toBeLessThanOrEqual(length)
        expect(reader.damage.reason).toMatch(length === 0 ? /empty/ : /ends|too short/)
      }
      expect(reached).toBeGreaterThan(3)
      expect(between).toBe(name === 'a pcapng of two sections' ? 11 : 6)
    })
  }

  it('that is cut inside a packet says how much of it is there', () => {
    expect(readCapture(samples['a pcap'].slice(0, 24 + 16 + 16 + 15)).reader.damage).toEqual({
      offset: 40,
      reason: 'The file ends inside packet 2: 15 of its 20 captured bytes are there.',
    })
    expect(readCapture(samples['a pcap'].slice(0, 24 + 3)).reader.damage).toEqual({
      offset: 24,
      reason: 'The file ends inside the header of packet 1: 3 of its 16 bytes are there.',
    })
  })

  it('can be asked anything after each chunk', () => {
    const file = samples['a pcapng of two sections']
    const { reader } = readCapture(file.slice(0, 1))
    expect(reader.interfaces).toEqual([])
    expect(reader.epoch).toBeUndefined()
    expect(reader.format).toBeUndefined()
    expect(reader.comments).toEqual([])
  })

  it('is not read on after damage, nor after its end', () => {
    let frames = 0
    const reader = new CaptureFileReader({ frame: () => frames++ })
    reader.push(pcap([{ ...records[1], captured: 0xffff_ffff }]))
    const { damage, bytesRead } = reader
    expect(damage).toBeDefined()
    reader.push(samples['a pcap'].subarray(24))
    reader.finish()
    expect([frames, reader.damage, reader.bytesRead]).toEqual([0, damage, bytesRead])

    const ended = new CaptureFileReader({ frame: () => frames++ })
    ended.push(samples['a pcap'])
    ended.finish()
    ended.push(samples['a pcap'].subarray(24))
    expect(frames).toBe(6)
  })

  it('that claims a huge packet takes no memory for it', () => {
    const file = concat(ng.section(), ng.interface(231), ng.block(6, payload(60), { first: 128 * 1024 * 1024 }))
    const before = process.memoryUsage().arrayBuffers
    const { reader } = readCapture(file, () => 10)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024)
    expect(reader.damage?.reason).toContain('of its 134217728 bytes')
  })

  it('that is none says what it is instead', () => {
    const cases: readonly (readonly [start: string, what: string])[] = [
      ['GMBU', 'Network Monitor 2 capture: editcap'],
      ['\xa1\xb2\x34\xcd', 'modified'],
      ['\xa1\x2b\x3c\x4d', 'Navtel'],
      ['PK\x03\x04', 'ZIP archive: unpack it first'],
      ['\xfd7zXZ\0', 'xz -d'],
      ['{"packets": []}', 'text (it starts with "{\\"packets\\": []}")'],
      ['ElfFile\0', 'a Windows event log. '],
      ['12:00:00.1 IP 10.0.0.1.80 > ', 'tcpdump -w FILE'],
      ['\x00\x01\x02\x03\x04', 'unknown (it starts with the bytes 00 01 02 03 04)'],
    ]
    for (const [start, what] of cases) {
      for (const more of [0, 1000]) {
        const file = concat(Uint8Array.from(ascii(start)), new Uint8Array(more).fill(0x20))
        const { reader, frames } = readCapture(file, () => 5)
        expect(frames).toEqual([])
        expect(reader.damage?.offset).toBe(0)
        if (more === 0) expect(reader.damage?.reason).toContain(what)
        expect(reader.damage?.reason).toContain('pcap, pcapng and snoop')
      }
    }
  })

  it('that is empty, or too short to be one, says so', () => {
    expect(readCapture(new Uint8Array(0)).reader.damage).toEqual({
      offset: 0,
      reason: expect.stringMatching(/^The file is empty: /),
    })
    expect(readCapture(Uint8Array.of(0xd4, 0xc3)).reader.damage?.reason).toContain(
      'too short to be a capture: it has 2 bytes',
    )
  })

  it('that is corrupt in any way never throws, and never gives frames outside of it', { timeout: 60_000 }, () => {
    const files = Object.values(samples)
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
        fc.integer({ min: 1, max: 300 }),
        (original, changes, size) => {
          const file = original.slice()
          for (const [at, byte] of changes) file[at % file.length] = byte
          const { reader, frames } = readCapture(file, () => size)
          for (const { offset, bytes } of frames) {
            expect(file.slice(offset, offset + bytes.length)).toEqual(bytes)
          }
          if (reader.damage) expect(reader.damage.offset).toBeLessThanOrEqual(file.length)
        },
      ),
      { numRuns: 3000 },
    )
  })
})
