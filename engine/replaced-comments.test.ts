import { describe, expect, it } from 'vitest'
import { deletionOf, type Note, type NoteAnchor } from '../common/model/note.ts'
import { concat, NgBlocks, payload } from './capture-file/testing/build-capture.ts'
import { Engine, exportPcapng, lostInPcap, type ReadBytes, reportDocument, reportMarkdown } from './engine.ts'
import { ethernet, ipv4, udp } from './query/testing/frames.ts'

const T = 1_700_000_000_000_000_000n
const RANGE = 'Note on 2023-11-14T22:13:20.000Z to 2023-11-14T22:13:20.000000002Z: the first two'
const UDP = ethernet(0x800, ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(7, 53, payload(4))))

/** Four packets; of the first the comments are "one", "two" and again "one", of the third "two". */
function capture(): Uint8Array {
  const blocks = new NgBlocks()
  return concat(
    blocks.section([
      [1, 'the day it broke'],
      [1, RANGE],
    ]),
    blocks.interface(1, 0, [[9, [9]]]),
    blocks.enhanced(0, T, UDP, [
      [1, 'one'],
      [1, 'two'],
      [1, 'one'],
    ]),
    blocks.enhanced(0, T + 1n, UDP),
    blocks.enhanced(0, T + 2n, UDP, [[1, 'two']]),
    blocks.enhanced(0, T + 3n, UDP, [[1, '']]),
  )
}

function opened(file = capture()): { engine: Engine; read: ReadBytes } {
  const engine = new Engine()
  engine.push(file)
  engine.finish()
  return { engine, read: async (offset, length) => file.subarray(offset, offset + length) }
}

const rows = ({ packets }: Engine) => Uint32Array.from({ length: packets.rows }, (_, i) => i)
const placed = (engine: Engine) => engine.notes.placed().notes
const texts = (engine: Engine) => placed(engine).map(({ note, row }) => [row ?? note.anchor.kind, note.text])

/** The one that says this, on this row. */
function said(engine: Engine, text: string, row?: number): Note {
  const found = placed(engine).find((one) => one.note.text === text && one.row === row)
  if (!found) throw new Error(`nothing says ${text}`)
  return found.note
}

function deleted(note: Note): Note {
  const deletion = deletionOf(note)
  if (!deletion) throw new Error('it can go as a whole')
  return deletion
}

async function exported({ engine, read }: ReturnType<typeof opened>) {
  const pieces: Uint8Array[] = []
  for await (const piece of exportPcapng(engine, rows(engine), read)) pieces.push(piece)
  const again = opened(concat(...pieces))
  return { ...again, packets: Array.from(again.engine.packetComments), onCapture: again.engine.captureComments }
}

describe('comments of the file', () => {
  it('are listed once each, as what can be edited', () => {
    const { engine } = opened()
    expect(texts(engine)).toEqual([
      ['capture', 'the day it broke'],
      ['range', 'the first two'],
      [0, 'one'],
      [0, 'two'],
      [2, 'two'],
    ])
    expect(new Set(placed(engine).map(({ note }) => note.id)).size).toBe(5)
    expect(placed(engine).every(({ imported, note }) => imported && /^[a-zA-Z0-9-]{1,64}$/.test(note.id))).toBe(true)
    // Another window knows them by the same ids.
    expect(placed(opened().engine)).toEqual(placed(engine))
  })

  it('are hidden by what a person made of them, and are back without it', async () => {
    const { engine, read } = opened()
    const before = texts(engine)
    const [one, range] = [said(engine, 'one', 0), said(engine, 'the first two')]
    engine.notes.set([
      { ...one, text: 'one, edited' },
      { ...range, text: 'all of them' },
    ])
    expect(texts(engine)).toEqual([
      [0, 'one, edited'],
      ['range', 'all of them'],
      ['capture', 'the day it broke'],
      [0, 'two'],
      [2, 'two'],
    ])
    const found = async (filter: string) => Array.from((await engine.select({ filter }, read)) ?? [])
    expect(await found('hopscope.note contains "edited"')).toEqual([0])
    expect(await found('hopscope.note contains "two"')).toEqual([0, 2])
    expect(await found('hopscope.note contains "first two"')).toEqual([])
    expect(await found('hopscope.note contains "all of them"')).toEqual([0, 1])
    const proposed = engine.completeFilter('hopscope.note == ', 17).map(({ text }) => text)
    expect(proposed).toContain('"one, edited"')
    expect(proposed).not.toContain('"one"')
    // What the file has is another question.
    expect(await found('frame.comment contains "one"')).toEqual([0])

    const document = reportMarkdown(await reportDocument(engine, read, { name: 'x', version: '1' }))
    expect(document).toContain('one, edited')
    expect(document).toContain('the day it broke')
    expect(document).not.toContain('the first two')

    engine.notes.set([])
    expect(texts(engine)).toEqual(before)
    expect(await found('hopscope.note contains "first two"')).toEqual([0, 1])
  })

  it('that were deleted are nowhere, and told apart', async () => {
    const { engine, read } = opened()
    const deletions = [said(engine, 'two', 0), said(engine, 'the day it broke')].map(deleted)
    engine.notes.set(deletions)
    expect(texts(engine)).toEqual([
      ['range', 'the first two'],
      [0, 'one'],
      [2, 'two'],
    ])
    expect(engine.notes.placed().deleted).toEqual(deletions)
    expect(Array.from((await engine.select({ filter: 'hopscope.note == "two"' }, read)) ?? [])).toEqual([2])
    expect(lostInPcap(engine, rows(engine))).toContain('comments')
    engine.notes.set(
      placed(engine)
        .map(({ note }) => deleted(note))
        .concat(deletions),
    )
    expect(texts(engine)).toEqual([])
    expect(lostInPcap(engine, rows(engine))).toEqual([])
  })

  it('leave edited, in their place and once, and come back so', async () => {
    const first = opened()
    const { engine } = first
    const packet: NoteAnchor = { kind: 'packet', frame: 1, time: String(T) }
    engine.notes.set([
      { ...said(engine, 'one', 0), text: 'one, edited', tag: 'loss' },
      { ...said(engine, 'the first two'), text: 'all of them', colour: 'red' },
      { ...said(engine, 'the day it broke'), text: 'the night' },
      deleted(said(engine, 'two', 2)),
      { id: 'mine', anchor: packet, text: 'mine', createdAt: 1, editedAt: 1 },
    ])
    const second = await exported(first)
    expect(second.packets).toEqual([[0, ['[loss] one, edited', 'two', 'mine']]])
    expect(second.onCapture).toEqual([
      'the night',
      `${RANGE.replace('the first two', 'all of them')}\n[hopscope: colour=red]`,
    ])
    // Once more, of what came back.
    const note = said(second.engine, 'one, edited', 0)
    expect(note).toMatchObject({ tag: 'loss', replaces: '[loss] one, edited' })
    second.engine.notes.set([{ ...note, text: 'again' }])
    const third = await exported(second)
    expect(third.packets).toEqual([[0, ['[loss] again', 'two', 'mine']]])
    expect(third.onCapture).toEqual(second.onCapture)
  })

  it('that are not in this file are notes like any other, and their deletion is nothing', async () => {
    const { engine } = opened()
    const [edited, gone] = [said(engine, 'one', 0), deleted(said(engine, 'two', 2))]
    const blocks = new NgBlocks()
    const other = opened(
      concat(blocks.section(), blocks.interface(1, 0, [[9, [9]]]), blocks.enhanced(0, T, UDP, [[1, 'new']])),
    )
    other.engine.notes.set([{ ...edited, text: 'edited' }, gone])
    expect(texts(other.engine)).toEqual([
      [0, 'edited'],
      [0, 'new'],
    ])
    expect(other.engine.notes.placed().deleted).toEqual([])
    expect((await exported(other)).packets).toEqual([[0, ['new', 'edited']]])
  })

  it('are replaced also when they come after what replaces them', () => {
    const whole = capture()
    const notes = [said(opened().engine, 'two', 2), said(opened().engine, 'the day it broke')].map(deleted)
    const engine = new Engine()
    engine.notes.set(notes)
    for (let at = 0; at < whole.length; at += 50) {
      engine.push(whole.subarray(at, at + 50))
      expect(texts(engine)).not.toContainEqual([2, 'two'])
      expect(texts(engine)).not.toContainEqual(['capture', 'the day it broke'])
    }
    engine.finish()
    expect(texts(engine)).toEqual([
      ['range', 'the first two'],
      [0, 'one'],
      [0, 'two'],
    ])
  })
})
