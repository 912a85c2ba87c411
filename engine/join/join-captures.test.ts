import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { captureOf, seenAtTwoPoints, type Sighting } from '../../test/support/two-points.ts'
import type { Note } from '../../common/model/note.ts'
import { PcapWriter } from '../capture-file/pcap-writer.ts'
import { PcapngWriter } from '../capture-file/pcapng-writer.ts'
import { CaptureFileReader } from '../capture-file/reader.ts'
import { concat, NgBlocks } from '../capture-file/testing/build-capture.ts'
import { Engine, hopSentences, hopsOf } from '../engine.ts'
import { joinCaptures, type JoinedCapture } from './join-captures.ts'

const { near, far } = seenAtTwoPoints()

function pcapOf(sightings: readonly Sighting[], linkType = 1): Uint8Array {
  const writer = new PcapWriter({ linkType })
  for (const { time, bytes, length } of sightings) writer.packet(time, bytes, length)
  return writer.take()
}

interface Given {
  readonly name: string
  readonly bytes: Uint8Array
  readonly notes?: readonly Note[]
}

/** `size`: the parts' bytes come in pieces of so many. */
async function join(parts: readonly Given[], size = 64) {
  const joining = joinCaptures(
    parts.map(({ name, bytes, notes = [] }) => {
      let at = 0
      const next = () => Promise.resolve(at < bytes.length ? bytes.subarray(at, (at += size)) : undefined)
      return { name, notes, next }
    }),
  )
  const pieces: Uint8Array[] = []
  for (;;) {
    const piece = await joining.next()
    if (!piece.done) pieces.push(piece.value)
    else return { file: Buffer.concat(pieces), facts: piece.value }
  }
}

interface Frame {
  readonly point: string | undefined
  readonly time: bigint
  readonly bytes: string
  readonly comments: readonly string[]
}

function read(file: Uint8Array) {
  const frames: Frame[] = []
  const raw: { id: number; time: number; bytes: string }[] = []
  const reader = new CaptureFileReader({
    frame: (bytes, at, captured, _, time, __, id) =>
      raw.push({ id, time, bytes: Buffer.from(bytes.subarray(at, at + captured)).toString('hex') }),
  })
  reader.push(file)
  reader.finish()
  for (const [i, { id, time, bytes }] of raw.entries()) {
    const comments = reader.packetComments.get(i) ?? []
    frames.push({ point: reader.interfaces[id]?.name, time: (reader.epoch ?? 0n) + BigInt(time), bytes, comments })
  }
  return { reader, frames }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const names = ({ reader }: ReturnType<typeof read>) => reader.interfaces.map(({ name }) => name)

describe('captures of several points', () => {
  it('become one whose hops are followed, in the order of their times', async () => {
    const { file, facts } = await join([
      { name: 'web.pcap', bytes: pcapOf(near) },
      { name: 'db.pcap.gz', bytes: gzipSync(pcapOf(far)) },
    ])
    const whole = read(file)
    expect(whole.reader.damage).toBeUndefined()
    const expected = [...near.map((one) => ({ ...one, point: 'web' })), ...far.map((one) => ({ ...one, point: 'db' }))]
    expect(whole.frames.map(({ point, time, bytes }) => ({ point, time, bytes }))).toEqual(
      expected
        .toSorted((a, b) => Number(a.time - b.time))
        .map(({ point, time, bytes }) => ({ point, time, bytes: hex(bytes) })),
    )
    expect(facts).toMatchObject({ packets: 9, points: ['web', 'db'], cut: [], doubts: [] })
    expect(facts.from).toBe(near[0].time)
    expect(facts.until).toBe(near.at(-1)?.time)
    const engine = new Engine()
    engine.push(file)
    engine.finish()
    expect(hopSentences(hopsOf([{ name: '', tables: engine }]))).toEqual(['1 segment died on the way from web to db.'])
    expect(engine.facts().comments).toEqual(['Joined by Hopscope from: web.pcap, db.pcap.gz'])
  })

  it('are in the order in which they were named', async () => {
    const { facts } = await join([
      { name: 'db.pcap', bytes: pcapOf(far) },
      { name: 'web.pcap', bytes: pcapOf(near) },
    ])
    expect(facts.points).toEqual(['db', 'web'])
  })

  it('are the same whatever pieces they come in', async () => {
    const parts = [
      { name: 'web.pcap', bytes: pcapOf(near) },
      { name: 'db.pcap.gz', bytes: gzipSync(pcapOf(far)) },
    ]
    const whole = await join(parts, 1 << 20)
    for (const size of [1, 7, 100]) expect((await join(parts, size)).file.equals(whole.file)).toBe(true)
  })

  it('keep their clocks, also where these differ by hours', async () => {
    const ahead = seenAtTwoPoints(7_200_000)
    const { file, facts } = await join([
      { name: 'web.pcap', bytes: pcapOf(ahead.near) },
      { name: 'db.pcap', bytes: pcapOf(ahead.far) },
    ])
    expect(read(file).frames.map(({ time }) => time)).toEqual([...ahead.near, ...ahead.far].map(({ time }) => time))
    expect(facts.doubts).toEqual([
      expect.stringMatching(/^web\.pcap \(.* UTC\) and db\.pcap \(.*\) were not captured at the same time: /),
    ])
    const engine = new Engine()
    engine.push(file)
    engine.finish()
    const report = hopsOf([{ name: '', tables: engine }])
    expect(report.connections).toBe(1)
    expect(report.losses).toHaveLength(1)
    expect(report.hops[0].delay?.oneWay?.aheadNs).toBe(7_200_000e6)
  })

  it('of different link types stay what they are', async () => {
    const raw = far.map((one) => ({ ...one, bytes: one.bytes.subarray(14), length: one.length - 14 }))
    const { file } = await join([
      { name: 'web.pcap', bytes: pcapOf(near) },
      { name: 'db.pcap', bytes: pcapOf(raw, 101) },
    ])
    expect(read(file).reader.interfaces.map(({ linkType }) => linkType)).toEqual([1, 101])
  })

  it('have the names of their points where these tell them apart, else those of their files', async () => {
    const own = captureOf({ 'shop/web-1 eth0': near.slice(0, 2), 'node node-a eth0': near.slice(2) })
    const shark = captureOf({ eth0: far })
    const other = captureOf({ eth0: far.slice(0, 2), eth1: far.slice(2) })
    const { file } = await join([
      { name: 'capture.pcapng', bytes: own },
      { name: 'db.pcapng', bytes: shark },
      { name: 'db.pcap', bytes: pcapOf(far.slice(1)) },
      { name: 'both.pcapng', bytes: other },
    ])
    expect(new Set(names(read(file)))).toEqual(
      new Set(['both eth0', 'both eth1', 'db', 'db (2)', 'node node-a eth0', 'shop/web-1 eth0']),
    )
  })

  it('bring their comments, names, drop counts and remarks along', async () => {
    const writer = new PcapngWriter({ comments: ['of Tuesday'] })
    writer.names([{ address: Uint8Array.of(10, 0, 0, 1), names: ['web.shop'] }])
    const id = writer.interface({ linkType: 1, name: 'eth0', description: 'pod=web namespace=shop', filter: 'tcp' })
    writer.interface({ linkType: 1, name: 'quiet' })
    for (const [i, { time, bytes }] of near.entries()) {
      writer.packet(id, time, bytes, i === 2 ? { comments: ['this one died'] } : {})
    }
    writer.statistics(id, near[4].time, {}, 'the pod was restarted')
    writer.statistics(id, near[4].time, { received: 5, dropped: 3 })
    const { file } = await join([
      { name: 'db.pcapng', bytes: captureOf({ eth0: far }) },
      { name: 'web.pcapng', bytes: writer.take() },
    ])
    const whole = read(file)
    expect(whole.reader.comments).toEqual(['Joined by Hopscope from: db.pcapng, web.pcapng', 'of Tuesday'])
    expect([...(whole.reader.names.get('10.0.0.1') ?? [])]).toEqual(['web.shop'])
    expect([...(whole.reader.names.get('10.0.0.2') ?? [])]).toEqual(['db.shop'])
    expect(whole.frames.flatMap(({ comments, bytes }) => comments.map((text) => [text, bytes]))).toEqual([
      ['this one died', hex(near[2].bytes)],
    ])
    const web = whole.reader.interfaces.find(({ name }) => name === 'web eth0')
    expect(web).toMatchObject({
      description: 'pod=web namespace=shop',
      filter: 'tcp',
      statistics: { received: 5, dropped: 3 },
    })
    const [remark] = web?.remarks ?? []
    expect(remark).toMatchObject({ text: 'the pod was restarted', time: Number(near[4].time - near[0].time) })
    expect(names(whole)).toContain('web quiet')
  })

  it('bring the directions of their packets, losses and decryption secrets along, in either byte order', async () => {
    const [tls, wireGuard] = [0x544c_534b, 0x5747_4b4c]
    const writer = new PcapngWriter()
    const id = writer.interface({ linkType: 1 })
    writer.secrets(tls, Buffer.from('key 1'))
    for (const [i, { time, bytes }] of near.entries()) {
      if (i === 3) writer.secrets(tls, Buffer.from('key 2'))
      writer.packet(id, time, bytes, i === 3 ? { flags: 0x8000_0002, dropped: 7 } : {})
    }
    writer.secrets(tls, Buffer.from('key 3'))
    const web = { name: 'web.pcapng', bytes: writer.take() }
    const big = new NgBlocks(true)
    const other = concat(
      big.section(),
      big.interface(1, 0, [[9, [9]]]),
      big.secrets(wireGuard, 'key 4'),
      ...far.map(({ time, bytes }) => big.enhanced(0, time, bytes, [[2, [0, 0, 0, 1]]])),
    )
    for (const size of [7, 1 << 20]) {
      const { file } = await join([web, { name: 'db.pcapng', bytes: other }], size)
      const secrets: string[] = []
      const packets: string[] = []
      let options = ''
      const reader = new CaptureFileReader({
        secrets: (kind, bytes) => secrets.push(`${kind} ${Buffer.from(bytes).toString()}`),
        options: (flags, dropped) => (options = `${flags} ${dropped}`),
        frame(bytes, at, captured, _, __, ___, point) {
          const before = secrets.map((one) => one.slice(-1)).toSorted()
          const { name } = reader.interfaces[point]
          packets.push(`${name} ${hex(bytes.subarray(at, at + captured))}: ${options} behind ${before.join()}`)
          options = ''
        },
      })
      reader.push(file)
      reader.finish()
      expect(reader.damage).toBeUndefined()
      expect(secrets.toSorted()).toEqual([`${tls} key 1`, `${tls} key 2`, `${tls} key 3`, `${wireGuard} key 4`])
      const of = (point: string) => packets.filter((one) => one.startsWith(point))
      expect(of('db')).toEqual(
        far.map(({ bytes }) => expect.stringContaining(`db ${hex(bytes)}: 1 undefined behind 1,`)),
      )
      expect(of('web').map((one) => /: (.*) behind/.exec(one)?.[1])).toEqual(['', '', '', '2147483650 7', ''])
      expect(of('db').every((one) => /behind .*4/.test(one)) && /behind 1,2/.test(of('web')[3])).toBe(true)
    }
  })

  it('take the notes along, to where the packets are now', async () => {
    const said = { createdAt: 1, editedAt: 1 }
    const onPacket = (frame: number, { time }: Sighting, more: Partial<Note> = {}): Note => ({
      ...said,
      id: `note-${frame}`,
      text: `on ${frame}`,
      anchor: { kind: 'packet', frame, time: String(time) },
      ...more,
    })
    const range: Note = { ...said, id: 'r', text: 'then', anchor: { kind: 'range', from: '1', to: '2' } }
    const { file, facts } = await join([
      { name: 'web.pcap', bytes: pcapOf(near), notes: [onPacket(3, near[2]), range] },
      { name: 'db.pcap', bytes: pcapOf(far), notes: [onPacket(3, far[2]), onPacket(99, far[0])] },
    ])
    const { frames } = read(file)
    const [ofWeb, then, ofDb, ofNone] = facts.notes
    const frameOf = (note: Note) => (note.anchor.kind === 'packet' ? frames[note.anchor.frame - 1] : undefined)
    expect(frameOf(ofWeb)).toMatchObject({ point: 'web', bytes: hex(near[2].bytes) })
    expect(frameOf(ofDb)).toMatchObject({ point: 'db', bytes: hex(far[2].bytes) })
    expect(then).toEqual(range)
    // A packet that is not there any more was at that time all the same.
    expect(ofNone).toMatchObject({
      text: 'on 99',
      anchor: { kind: 'range', from: String(far[0].time), to: String(far[0].time) },
    })
    expect(new Set(facts.notes.map(({ id }) => id)).size).toBe(4)
  })

  it('keep edited comments, and a second one of the same comment on the whole', async () => {
    const part = (name: string, sightings: readonly Sighting[], notes: readonly Note[]) => {
      const writer = new PcapngWriter({ comments: ['checked'] })
      const id = writer.interface({ linkType: 1 })
      for (const { time, bytes } of sightings) writer.packet(id, time, bytes)
      return { name, bytes: writer.take(), notes }
    }
    const edited = (text: string): Note => ({
      id: 'comment-capture-1',
      anchor: { kind: 'capture' },
      text,
      replaces: 'checked',
      createdAt: 1,
      editedAt: 2,
    })
    const { facts } = await join([part('a.pcapng', near, [edited('by me')]), part('b.pcapng', far, [edited('by you')])])
    expect(facts.notes).toMatchObject([{ text: 'by me', replaces: 'checked' }, { text: 'by you' }])
    expect(facts.notes[1].replaces).toBeUndefined()
  })

  it('that are cut go as far as they go, and it is said where one ends', async () => {
    const { facts, file } = await join([
      { name: 'web.pcap', bytes: pcapOf(near) },
      { name: 'db.pcap', bytes: pcapOf(far).subarray(0, -10) },
    ])
    expect(facts.packets).toBe(8)
    expect(facts.cut).toEqual([expect.stringMatching(/^db\.pcap ends at byte \d+: /)])
    const db = read(file).reader.interfaces.find(({ name }) => name === 'db')
    expect(db?.remarks?.map(({ text }) => text)).toEqual(facts.cut)
  })

  it('that are copies of one another are told', async () => {
    const twice = await join([
      { name: 'web.pcap', bytes: pcapOf(near) },
      { name: 'copy.pcap.gz', bytes: gzipSync(pcapOf(near)) },
    ])
    expect(twice.facts.doubts).toEqual([expect.stringContaining('one looks like a copy of the other')])
    const changed = near.map((one, i) =>
      i === 4 ? { ...one, bytes: one.bytes.with(one.bytes.length - 1, 0x55) } : one,
    )
    const alike = await join([
      { name: 'web.pcap', bytes: pcapOf(near) },
      { name: 'other.pcap', bytes: pcapOf(changed) },
    ])
    expect(alike.facts.doubts).toEqual([])
  })

  it('of which one is at another time than all others are told apart', async () => {
    const later = near.map((one) => ({ ...one, time: one.time + 86_400_000_000_000n }))
    const { facts } = await join([
      { name: 'web.pcap', bytes: pcapOf(near) },
      { name: 'db.pcap', bytes: pcapOf(far) },
      { name: 'late.pcap', bytes: pcapOf(later) },
    ])
    expect(facts.doubts).toEqual([expect.stringMatching(/^No other was captured at the time of late\.pcap \(/)])
  })

  it.each([
    ['no capture', Buffer.from('hello, this is a text'), /^bad\.pcap can't be joined: /],
    ['an empty one', pcapOf([]), /^bad\.pcap can't be joined: there is no packet in it\.$/],
    ['nothing at all', new Uint8Array(0), /^bad\.pcap can't be joined: The file is empty/],
  ])('of which one is %s are not joined', async (_, bytes, why) => {
    const joining: Promise<{ facts: JoinedCapture }> = join([
      { name: 'web.pcap', bytes: pcapOf(near) },
      { name: 'bad.pcap', bytes },
    ])
    await expect(joining).rejects.toThrow(why)
  })
})
