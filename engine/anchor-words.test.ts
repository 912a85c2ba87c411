import { describe, expect, it } from 'vitest'
import type { NoteAnchor } from '../common/model/note.ts'
import { readWordedNote, wordedNote } from './anchor-words.ts'

const AT = '1763692191500000000'
const ends = { addressA: '10.0.0.1', portA: 5000, addressB: '10.0.0.2', portB: 80 }

describe('what a note is on, in words', () => {
  it.each<readonly [string, Exclude<NoteAnchor, { kind: 'capture' }>]>([
    ['frame 7 (2025-11-21T02:29:51.500Z)', { kind: 'packet', frame: 7, time: AT }],
    [
      '10.0.0.1:5000 and 10.0.0.2:80 (TCP, begun 2025-11-21T02:29:51.500Z)',
      { kind: 'conversation', transport: 'TCP', ...ends, firstTime: AT },
    ],
    [
      '[fd00::1]:5000 and [fd00::2]:53 (UDP, begun 2025-11-21T02:29:51.500000001Z)',
      {
        kind: 'conversation',
        transport: 'UDP',
        ...{ addressA: 'fd00::1', portA: 5000, addressB: 'fd00::2', portB: 53 },
        firstTime: '1763692191500000001',
      },
    ],
    [
      '02:00:00:00:00:01 and ff:ff:ff:ff:ff:ff (Ethernet, begun 2025-11-21T02:29:51.500Z)',
      {
        kind: 'conversation',
        transport: 'Ethernet',
        addressA: '02:00:00:00:00:01',
        addressB: 'ff:ff:ff:ff:ff:ff',
        firstTime: AT,
      },
    ],
    ['2025-11-21T02:29:51.500Z to 2025-11-21T02:29:51.500025Z', { kind: 'range', from: AT, to: '1763692191500025000' }],
    ['2025-11-21T02:29:51.500Z', { kind: 'range', from: AT, to: AT }],
    ['1969-12-31T23:59:59.999999999Z', { kind: 'range', from: '-1', to: '-1' }],
    ['5138-11-16T09:46:39.999999999Z', { kind: 'range', from: '9'.repeat(20), to: '9'.repeat(20) }],
    ['-001199-02-15T14:13:20.000000001Z', { kind: 'range', from: `-${'9'.repeat(20)}`, to: `-${'9'.repeat(20)}` }],
  ])('%s', (words, anchor) => {
    const comment = wordedNote(anchor, 'of: all (things)\nsaid')
    expect(comment).toBe(`Note on ${words}: of: all (things)\nsaid`)
    expect(readWordedNote(comment)).toEqual({ anchor, text: 'of: all (things)\nsaid' })
  })

  it.each([
    '',
    'Note on the proxy: it was restarted',
    'Note on frame 7: no time',
    'Note on frame 0 (2025-11-21T02:29:51.500Z): no such frame',
    'Note on 2025-13-99T99:99:99.500Z: no such day',
    'Note on 2025-11-21T02:29:51.500Z: ',
    'Note on 10.0.0.1:5000 and 10.0.0.2:80 (TCP): no beginning',
  ])('are not read from %j', (comment) => {
    expect(readWordedNote(comment)).toBeUndefined()
  })
})
