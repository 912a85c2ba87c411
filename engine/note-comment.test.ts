import { describe, expect, it } from 'vitest'
import { noteComment, noteText, readNoteComment, type NoteWords } from './note-comment.ts'

describe('a note as a comment', () => {
  it.each<readonly [NoteWords, string]>([
    [{ text: 'plain' }, 'plain'],
    [{ text: 'lost', tag: 'loss' }, '[loss] lost'],
    [{ text: 'lost', colour: 'red' }, 'lost\n[hopscope: colour=red]'],
    [{ text: 'lost', tag: 'loss', colour: 'red' }, '[loss] lost\n[hopscope: tag="loss", colour=red]'],
    [{ text: 'two\r\nlines\n', colour: 'blue' }, 'two\r\nlines\n\n[hopscope: colour=blue]'],
    // What would be read as another note.
    [{ text: '[FIN] came late' }, '[FIN] came late\n[hopscope: no tag]'],
    [{ text: 'x', tag: 'a]b' }, '[a]b] x\n[hopscope: tag="a]b"]'],
    [{ text: 'x', tag: 'a\n"b"\\' }, '[a\n"b"\\] x\n[hopscope: tag="a\\n\\"b\\"\\\\"]'],
    [{ text: 'x\n[hopscope: colour=red]' }, 'x\n[hopscope: colour=red]\n[hopscope: no tag]'],
    [{ text: '\u0000\u2028', tag: '\u0000'.repeat(64), colour: 'green' }, expect.stringContaining('colour=green]')],
  ])('%j is written and read as it is', (note, comment) => {
    expect(noteComment(note)).toEqual(comment)
    expect(readNoteComment(noteComment(note))).toEqual(note)
    // Once more, as what was read and is written again.
    expect(noteComment(readNoteComment(noteComment(note)))).toBe(noteComment(note))
    expect(noteComment(note).startsWith(noteText(note))).toBe(true)
  })

  it('in the colour that all notes have says nothing of it', () => {
    expect(noteComment({ text: 'lost', colour: 'yellow' })).toBe('lost')
    expect(noteComment({ text: 'lost', tag: 'loss', colour: 'yellow' })).toBe('[loss] lost')
    expect(noteComment({ text: '[FIN] late', colour: 'yellow' })).toBe('[FIN] late\n[hopscope: no tag]')
    expect(readNoteComment('lost\n[hopscope: colour=yellow]')).toEqual({ text: 'lost', colour: 'yellow' })
  })

  it.each([
    '',
    '\n[hopscope: colour=red]',
    '[hopscope: colour=red]',
    'x\n[hopscope: colour=pink]',
    'x\n[hopscope: colour=red] ',
    'x\n[hopscope: colour=red]\n',
    'x\n [hopscope: colour=red]',
    'x\n[hopscope: , colour=red]',
    'x\n[hopscope: ]',
    'x\n[hopscope: colour=redno tag]',
    'x\n[hopscope: colour=__proto__]',
    // The words do not have that tag.
    'x\n[hopscope: tag="loss"]',
    '[loss]x\n[hopscope: tag="loss"]',
    'x\n[hopscope: tag=""]',
    'x\n[hopscope: tag=loss]',
    'x\n[hopscope: tag="lo"ss"]',
    // Written in another way than ours.
    String.raw`x${'\n'}[hopscope: tag="\u006coss"]`,
  ])('of another program or a hostile one keeps all of its text: %j', (comment) => {
    const { tag, text, colour } = readNoteComment(comment)
    expect(colour).toBeUndefined()
    expect(noteText({ tag, text })).toBe(comment)
  })

  it('has no tag that a note could not have', () => {
    const tag = 'x'.repeat(65)
    expect(readNoteComment(`[${tag}] y\n[hopscope: tag="${tag}"]`)).toEqual({
      text: `[${tag}] y\n[hopscope: tag="${tag}"]`,
    })
  })

  it('is read in a moment, however long it is', () => {
    const long = '[hopscope: tag="'.repeat(100_000)
    expect(readNoteComment(`x\n${long}]`)).toEqual({ text: `x\n${long}]` })
  })
})
