import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkDetails } from './check-details.ts'
import { checkFile } from './check-file.ts'
import { checkFrame } from './check-frame.ts'
import { Random } from './random.ts'

// What fuzzing has found, kept so that it stays found. Files are in found/, frames here.
const FOLDER = fileURLToPath(new URL('./found/', import.meta.url))

const FRAMES = [
  {
    what: 'the second byte of an LLC control field is missing',
    linkType: 1,
    hex: '0200000000010200000000020003000000',
  },
  {
    what: 'a TCP option is cut behind its kind',
    linkType: 1,
    hex: '0200000000010200000000020800460061f4f541400024060000f54160f436ef82bb01a5fe1ad5418e32ad0214e801acc15e80a371a00000000003',
  },
]

describe('what fuzzing has found', () => {
  it.each(readdirSync(FOLDER))('%s is read alike in whatever pieces, soon', (name) => {
    const file = readFileSync(`${FOLDER}/${name}`)
    const before = process.threadCpuUsage()
    for (let seed = 0; seed < 12; seed++) checkFile(file, new Random(seed))
    // Of this thread, however busy the machine is: what hung took minutes.
    const { user, system } = process.threadCpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(2)
  })

  it.each(FRAMES)('a frame where $what', ({ hex, linkType }) => {
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
    const frame = { bytes, linkType, length: bytes.length }
    expect(() => checkFrame(frame)).not.toThrow()
    expect(() => checkDetails(frame)).not.toThrow()
  })
})
