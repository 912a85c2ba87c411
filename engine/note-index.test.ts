import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Note, NoteAnchor, NoteColour } from '../common/model/note.ts'
import { Engine, exportPcapng, noteComments, packetAnchor } from './engine.ts'

const LOSS = readFileSync(join(import.meta.dirname, '..', 'resources', 'samples', 'loss-episode.pcapng'))
const read = (offset: number, length: number) => Promise.resolve(LOSS.subarray(offset, offset + length))

let ids = 0
const note = (anchor: NoteAnchor | undefined, text: string, tag?: string, colour?: NoteColour): Note => {
  if (!anchor) throw new Error('there is no such packet')
  return {
    id: `n${ids++}`,
    anchor,
    text,
    ...(tag !== undefined && { tag }),
    ...(colour && { colour }),
    createdAt: 1,
    editedAt: 1,
  }
}

function engineOf(bytes: Uint8Array = LOSS, finish = true): Engine {
  const engine = new Engine()
  engine.push(bytes)
  if (finish) engine.finish()
  return engine
}

const found = (engine: Engine, filter: string) => engine.select({ filter }, read).then((rows) => Array.from(rows ?? []))

function conversationAnchor(engine: Engine, id: number): NoteAnchor {
  const { transport, addressA, portA, addressB, portB, firstTime } = engine.conversationRows(Uint32Array.of(id))[0]
  const time = String((engine.epoch ?? 0n) + BigInt(Math.round(firstTime)))
  return { kind: 'conversation', transport, addressA, portA, addressB, portB, firstTime: time }
}

/** The times of rows [from, to). */
function rangeAnchor(engine: Engine, from: number, to: number) {
  const time = (row: number) => String((engine.epoch ?? 0n) + BigInt(engine.packets.time(row)))
  return { kind: 'range', from: time(from), to: time(to) } as const
}

describe('notes in a capture', () => {
  it('are on their packets, conversations and times; comments of the file stand beside them', () => {
    const engine = engineOf()
    const range = {
      kind: 'range',
      from: String((engine.epoch ?? 0n) + 5n),
      to: String((engine.epoch ?? 0n) + 9n),
    } as const
    engine.notes.set([
      note(packetAnchor(engine, 1000), 'lost', 'loss'),
      note(conversationAnchor(engine, 3), 'suffers'),
      note(range, 'early'),
      note({ kind: 'capture' }, 'from the shop'),
    ])
    const { notes } = engine.notes.placed()
    expect(notes.filter(({ imported }) => !imported)).toMatchObject([
      { row: 1000, time: { from: engine.packets.time(1000) } },
      { conversation: 3 },
      { time: { from: 5, to: 9 } },
      { note: { anchor: { kind: 'capture' } } },
    ])
    const [row] = [...engine.packetComments.keys()]
    expect(notes.find((one) => one.imported && one.row !== undefined)).toMatchObject({
      row,
      note: { text: engine.packetComments.get(row)?.[0] },
    })
  })

  it('find their packet and conversation again in a part of the capture, and their tag and colour in its comments', async () => {
    const whole = engineOf()
    const stream = whole.conversationRows(whole.conversationOrder('harmMs', true).subarray(0, 1))[0]
    const packet = note(packetAnchor(whole, 1000), 'lost', 'loss', 'red')
    const conversation = note(conversationAnchor(whole, stream.id), 'suffers')
    const range = rangeAnchor(whole, 1000, 1010)
    whole.notes.set([packet, conversation, note(range, 'these ten', 'look', 'blue')])
    const rows = await whole.select({ filter: 'frame.number > 700' }, read)
    const pieces: Uint8Array[] = []
    for await (const piece of exportPcapng(whole, rows ?? new Uint32Array(), read)) pieces.push(piece)
    const part = engineOf(Buffer.concat(pieces))
    part.notes.set([packet, conversation])
    const [first, second] = part.notes.own()
    expect(first.row).toBe(300)
    const { addressA, portA } = part.conversationRows(Uint32Array.of(second.conversation ?? -1))[0]
    expect([`${addressA}:${portA}`]).toContain(`${stream.addressA}:${stream.portA}`)
    expect(part.notes.placed().notes.find((one) => one.imported && one.row === 300)).toMatchObject({
      note: { text: 'lost', tag: 'loss', colour: 'red' },
    })
    // The others came along as comments on the capture, and are where they were.
    part.notes.set([])
    const [suffers] = await found(part, 'hopscope.note contains "suffers"')
    expect(part.packets.chunk(suffers).conversation[suffers]).toBe(second.conversation)
    expect(part.notes.placed().notes.find(({ note: { text } }) => text === 'these ten')).toMatchObject({
      imported: true,
      note: { tag: 'look', colour: 'blue', anchor: range },
      time: { from: part.packets.time(300), to: part.packets.time(310) },
    })
    expect(await found(part, 'hopscope.note contains "[loss] lost"')).toEqual([300])
    expect(await found(part, 'hopscope.note contains "colour="')).toEqual([])
    expect(await found(part, 'hopscope.note contains "these ten"')).toEqual(
      Array.from({ length: 10 }, (_, i) => 300 + i),
    )
  })

  it('wait for their packet while the capture is read', () => {
    const whole = engineOf()
    const late = note(packetAnchor(whole, whole.packets.rows - 1), 'the last')
    const engine = engineOf(LOSS.subarray(0, LOSS.length / 2), false)
    engine.notes.set([late])
    const before = engine.notes.revision
    expect(engine.notes.own()).toMatchObject([{ note: late }])
    expect(engine.notes.own()[0].row).toBeUndefined()
    engine.push(LOSS.subarray(LOSS.length / 2))
    engine.finish()
    expect(engine.notes.revision).toBeGreaterThan(before)
    expect(engine.notes.own()[0].row).toBe(whole.packets.rows - 1)
  })

  it('of a packet that is not in this capture are on none, and become comments of the section', () => {
    const engine = engineOf()
    const elsewhere = note({ kind: 'packet', frame: 5, time: '77' }, 'another day')
    engine.notes.set([elsewhere])
    expect(engine.notes.own()[0].row).toBeUndefined()
    expect(noteComments(engine)).toMatchObject({
      section: [expect.stringContaining('Four seconds'), expect.stringContaining('another day')],
    })
  })
})

describe('the filter field hopscope.note', () => {
  it('finds packets by what is noted on them, their conversation and their time', async () => {
    const engine = engineOf()
    const commented = await found(engine, 'frame.comment')
    expect(commented).not.toEqual([])
    expect(await found(engine, 'hopscope.note')).toEqual(commented)

    engine.notes.set([
      note(packetAnchor(engine, 1000), 'the first loss', 'loss'),
      note(packetAnchor(engine, 1000), 'a second look'),
      note(conversationAnchor(engine, 3), 'suffers'),
      note(rangeAnchor(engine, 10, 20), 'early'),
      note(rangeAnchor(engine, 15, 30), 'later'),
      note({ kind: 'capture' }, 'everything'),
    ])
    expect(await found(engine, 'hopscope.note contains "first loss"')).toEqual([1000])
    expect(await found(engine, 'hopscope.note contains "[loss]"')).toEqual([1000])
    expect(await found(engine, 'hopscope.note contains "second look"')).toEqual([1000])
    expect(await found(engine, 'hopscope.note contains "suffers"')).toEqual(
      await found(engine, 'hopscope.conversation == 3'),
    )
    const between = (from: number, to: number) => found(engine, `frame.number > ${from} && frame.number <= ${to}`)
    expect(await found(engine, 'hopscope.note contains "early"')).toEqual(await between(10, 20))
    expect(await found(engine, 'hopscope.note contains "early" && hopscope.note contains "later"')).toEqual(
      await between(15, 20),
    )
    expect(await found(engine, 'hopscope.note contains "everything"')).toEqual([])
    expect((await found(engine, '!hopscope.note')).length).toBeLessThan(engine.packets.rows - 21)
  })

  it('says something else as soon as notes change', async () => {
    const engine = engineOf()
    const first = note(packetAnchor(engine, 1000), 'odd')
    const filter = 'hopscope.note contains "odd"'
    engine.notes.set([first])
    expect(await found(engine, filter)).toEqual([1000])
    engine.notes.set([{ ...first, text: 'even' }])
    expect(await found(engine, filter)).toEqual([])
    const both = [first, note(packetAnchor(engine, 7), 'odd too')]
    engine.notes.set(both)
    expect(await found(engine, filter)).toEqual([7, 1000])
    const { revision } = engine.notes
    engine.notes.set([...both])
    expect(engine.notes.revision).toBe(revision)
  })

  it('proposes what was noted', () => {
    const engine = engineOf()
    engine.notes.set([note(packetAnchor(engine, 1000), 'the first loss')])
    const text = 'hopscope.note == '
    expect(engine.completeFilter(text, text.length).map((one) => one.text)).toContain('"the first loss"')
  })
})
