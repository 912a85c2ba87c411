import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readBlocks } from '../../../test/cluster/read-blocks.ts'
import { setClock } from '../../../test/support/set-clock.ts'
import { CaptureFile } from './capture-file.ts'
import { CaptureJournal, NOTHING_YET, readJournal } from './capture-journal.ts'
import { SegmentPackets } from './segment-packets.ts'

/** A segment as tcpdump writes it, with one packet for each text. */
function segment(...texts: readonly string[]): Buffer {
  const words = (...values: readonly number[]) => Buffer.from(Uint32Array.from(values).buffer)
  return Buffer.concat([
    words(0xa1b23c4d, 0, 0, 0, 65535, 1),
    ...texts.flatMap((text, index) => [words(1_700_000_000, index, text.length, text.length), Buffer.from(text)]),
  ])
}

const SEGMENTS = [segment('a0', 'a1', 'a2'), segment('b0', 'b1', 'b2', 'b3'), segment('c0')]
const FACTS = { name: 'web:eth0', description: '', filter: '', linkType: 1, snapLength: 65535 }

describe("a capture's file and its journal", () => {
  let folder: string
  let count = 0
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'hopscope-capture-file-'))))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const paths = () => {
    const place = join(folder, String(count++))
    mkdirSync(place)
    return [join(place, 'c.pcapng'), join(place, 'c.pcapng.parts', 'journal')] as const
  }

  /** From where the file is on, in pieces of `size` bytes. */
  async function feed(file: CaptureFile, pieces: readonly (readonly [segment: number, bytes: Buffer])[]) {
    const packets = new SegmentPackets(file.mark(0))
    for (const [number, bytes] of pieces) {
      packets.begin(number)
      packets.add(bytes)
      const batch = packets.accept(() => file.addInterface(0, FACTS))
      if (batch) await file.add(0, batch)
    }
  }

  const all = SEGMENTS.map((bytes, index) => [index, bytes] as const)
  const textsIn = (path: string) => readBlocks(path).packets.map(({ bytes }) => bytes.toString())
  const EVERYTHING = ['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'b3', 'c0']

  /** What a host leaves that is killed after the first segment and half of the second. */
  async function killed(): Promise<readonly [path: string, journal: string]> {
    const [path, journal] = paths()
    const file = await CaptureFile.create(path, journal, true)
    file.join(0)
    const [, second = Buffer.alloc(0)] = SEGMENTS
    await feed(file, [...all.slice(0, 1), [1, second.subarray(0, 24 + 18 * 2 + 5)]])
    await file.flush()
    const [left, leftJournal] = paths()
    mkdirSync(join(leftJournal, '..'))
    copyFileSync(path, left)
    copyFileSync(journal, leftJournal)
    await file.close()
    return [left, leftJournal]
  }

  async function goOn(path: string, journal: string): Promise<CaptureFile> {
    const file = await CaptureFile.reopen(path, journal)
    file.join(0)
    await feed(file, all.slice(file.mark(0).segment))
    await file.close()
    return file
  }

  it('is gone on with after a kill: no packet twice, none lost, one interface', async () => {
    const [path, journal] = await killed()
    expect(textsIn(path)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1'])
    const file = await goOn(path, journal)
    expect(textsIn(path)).toEqual(EVERYTHING)
    expect(readBlocks(path).interfaces.length).toBe(1)
    expect(file.packets).toBe(8)
    expect(file.mark(0)).toMatchObject({ segment: 2, packet: 1, packets: 8 })
  })

  it('holds back nothing for longer where the clock of this machine is set back', async () => {
    const file = await CaptureFile.create(...paths(), true)
    onTestFinished(() => file.close())
    file.join(0)
    // It says nothing, so others wait for it, but for a moment only.
    file.join(1)
    await feed(file, all)
    setClock(-3_600_000)
    await expect.poll(() => file.packets).toBe(8)
  })

  it.each([
    ['deleted with its folder', (place: string) => rmSync(place, { recursive: true })],
    ['moved with its folder', (place: string) => renameSync(place, `${place}-moved`)],
    ['deleted alone', (place: string) => rmSync(join(place, 'c.pcapng'))],
  ])('is put back where it is %s, and can be gone on with', async (_, vanish) => {
    const [path, journal] = paths()
    const file = await CaptureFile.create(path, journal, true)
    file.join(0)
    await feed(file, all.slice(0, 1))
    await file.flush()
    vanish(dirname(path))
    const failure = expect(file.failure).rejects.toThrow(/deleted or moved .* is in it again: go on with it/)
    await file.lookAfter()
    await failure
    await expect(feed(file, all.slice(1))).rejects.toThrow(/deleted or moved/)
    await expect(file.close()).rejects.toThrow(/deleted or moved/)
    expect(textsIn(path)).toEqual(['a0', 'a1', 'a2'])
    await goOn(path, journal)
    expect(textsIn(path)).toEqual(EVERYTHING)
  })

  it('is put back as it is closed, beside another that took its name', async () => {
    const [path, journal] = paths()
    const file = await CaptureFile.create(path, journal, true)
    file.join(0)
    await feed(file, all)
    writeFileSync(`${path}.other`, 'other')
    renameSync(`${path}.other`, path)
    await expect(file.close()).rejects.toThrow(/another file has its name\. What .* is in .*\/c-rescued\.pcapng\.$/)
    expect(readFileSync(path, 'utf8')).toBe('other')
    expect(textsIn(path.replace('.pcapng', '-rescued.pcapng'))).toEqual(EVERYTHING)
  })

  it('is lost where nothing can be put into its place, and that is said', async () => {
    const [path, journal] = paths()
    const file = await CaptureFile.create(path, journal, true)
    rmSync(dirname(path), { recursive: true })
    writeFileSync(dirname(path), 'no folder')
    await expect(file.close()).rejects.toThrow(/could not be written there again: .* is lost, unless it was moved/)
  })

  it('is cut to what the journal knows: half a block, or packets whose line was not written, come again', async () => {
    const [path, journal] = await killed()
    const lines = readFileSync(journal, 'utf8').trimEnd().split('\n')
    // The last line by half.
    writeFileSync(journal, `${lines.slice(0, -1).join('\n')}\n${lines.at(-1)?.slice(0, 20)}`)
    writeFileSync(path, Buffer.alloc(10, 6), { flag: 'a' })
    const file = await CaptureFile.reopen(path, journal)
    expect(file.packets).toBe(3)
    await file.close()
    expect(textsIn(path)).toEqual(['a0', 'a1', 'a2'])
    expect(readBlocks(path).rest).toBe(0)
    await goOn(path, journal)
    expect(textsIn(path)).toEqual(EVERYTHING)
  })

  it('does not believe the journal about bytes that a power failure took', async () => {
    const [path, journal] = await killed()
    const { size } = statSync(path)
    truncateSync(path, size - 50)
    truncateSync(path, size)
    await goOn(path, journal)
    expect(textsIn(path)).toEqual(EVERYTHING)
  })

  it('is not gone on with when it was cut below what was safe, or is not there', async () => {
    const [path, journal] = paths()
    const file = await CaptureFile.create(path, journal, true)
    file.join(0)
    await feed(file, all)
    await file.end(0, 0, { state: 'complete', counts: {} })
    await file.close()
    truncateSync(path, 100)
    await expect(CaptureFile.reopen(path, journal)).rejects.toThrow(/cut or replaced since/)
    rmSync(path)
    await expect(CaptureFile.reopen(path, journal)).rejects.toThrow(/can't be gone on with: There is no such file\.$/)
    await expect(CaptureFile.reopen(path, `${journal}.none`)).rejects.toThrow(/journal .* can't be read/)
  })

  it('says what the pod may forget only when it is on the disk and the journal knows', async () => {
    const [path, journal] = paths()
    const file = await CaptureFile.create(path, journal, true)
    const said: { segment: number; synced: boolean }[] = []
    file.join(0, (number) => {
      const lines = readFileSync(journal, 'utf8').trimEnd().split('\n')
      said.push({ segment: number, synced: lines.at(-1) === JSON.stringify({ synced: statSync(path).size }) })
    })
    await feed(file, all)
    await file.end(0, 0, { state: 'complete', counts: { received: 8 } })
    expect(said.at(-1)).toEqual({ segment: 2, synced: true })
    await file.close()
    const again = await CaptureFile.reopen(path, journal)
    expect(again.mark(0).end).toEqual({ state: 'complete', counts: { received: 8 } })
    await again.close()
  })

  it('is gone on with from the disk where the journal was begun anew while more came, and a power failure took that', async () => {
    const [path, journal] = paths()
    const file = await CaptureFile.create(path, journal, true)
    await file.close()
    const { size } = statSync(path)
    const written = { bytes: size, packets: 0, late: 0, points: new Map() }
    const lines = await CaptureJournal.begin(journal, written)
    const point = { ...NOTHING_YET, interface: 0 }
    while (!lines.isLong) await lines.add({ ...written, points: new Map([[0, { ...point, packet: 1 }]]) })
    const onDisk = lines.written
    await lines.add({ ...written, bytes: size + 100, packets: 7, points: new Map([[0, { ...point, packet: 8 }]]) })
    await lines.synced(onDisk)
    await lines.close()
    expect(await readJournal(journal)).toEqual({
      synced: size,
      moments: [onDisk, { bytes: size + 100, packets: 7, late: 0, points: new Map([[0, { ...point, packet: 8 }]]) }],
    })
    const again = await CaptureFile.reopen(path, journal)
    expect(again.mark(0)).toMatchObject({ packet: 1 })
    await again.close()
  })

  it('keeps a short journal, however long it runs', { timeout: 60_000 }, async () => {
    const [path, journal] = paths()
    const file = await CaptureFile.create(path, journal, true)
    file.join(0)
    const packets = new SegmentPackets()
    const texts = Array.from({ length: 5000 }, (_value, index) => String(index).padStart(4, '0'))
    const bytes = segment(...texts)
    let longest = 0
    for (let at = 0; at < bytes.length; at += 20) {
      packets.begin(0)
      packets.add(bytes.subarray(at, at + 20))
      const batch = packets.accept(() => file.addInterface(0, FACTS))
      if (batch) await file.add(0, batch)
      await file.flush()
      if (at % 2000 !== 0) continue
      longest = Math.max(longest, statSync(journal).size)
      // It is begun anew as soon as the disk has what it speaks of.
      while (statSync(journal).size > 300_000) await sleep(5)
    }
    await file.close()
    expect(textsIn(path)).toEqual(texts)
    expect(longest).toBeGreaterThan(200_000)
    expect(statSync(journal).size).toBeLessThan(400_000)
  })
})
