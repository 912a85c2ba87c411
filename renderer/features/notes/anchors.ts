import type { NoteAnchor } from '../../../common/model/note.ts'
import type { ConversationRow, PacketRow, PlacedNote } from '../../../engine/engine.ts'
import type { TimeRange } from '../../app/view.ts'
import { endpointText, streamText } from '../../components/filter-text.ts'
import { formatCount, formatSeconds } from '../../components/format.ts'

/** Something that can be noted on, and how it is called. */
export interface NoteSubject {
  readonly title: string
  readonly anchor: NoteAnchor
}

const since1970 = (epochNs: string | undefined, ns: number) => String(BigInt(epochNs ?? 0) + BigInt(Math.round(ns)))

export function packetSubject(
  { frame, time }: Pick<PacketRow, 'frame' | 'time'>,
  epochNs: string | undefined,
): NoteSubject {
  return {
    title: `Packet ${formatCount(frame)}`,
    anchor: { kind: 'packet', frame, time: since1970(epochNs, time) },
  }
}

export function conversationSubject(row: ConversationRow, epochNs: string | undefined): NoteSubject {
  const { transport, addressA, portA, addressB, portB, firstTime } = row
  const anchor = { transport, addressA, portA, addressB, portB, firstTime: since1970(epochNs, firstTime) }
  return {
    title: `${streamText(row)}: ${endpointText(addressA, portA)} ⇄ ${endpointText(addressB, portB)}`,
    anchor: { kind: 'conversation', ...anchor },
  }
}

export function rangeSubject({ from, to }: TimeRange, epochNs: string | undefined): NoteSubject {
  const anchor = { from: since1970(epochNs, from), to: since1970(epochNs, to) }
  return { title: rangeText({ from, to }), anchor: { kind: 'range', ...anchor } }
}

export const CAPTURE_SUBJECT: NoteSubject = { title: 'The whole capture', anchor: { kind: 'capture' } }

/** What a note is on, as its list says it. */
export function subjectText({ note: { anchor }, frame, conversation, time }: PlacedNote): string {
  switch (anchor.kind) {
    case 'packet':
      return frame === undefined
        ? `Packet ${formatCount(anchor.frame)}, not in what is read of this capture`
        : `Packet ${formatCount(frame)}`
    case 'conversation': {
      const { transport, addressA, portA, addressB, portB } = anchor
      const ends = `${transport} ${endpointText(addressA, portA)} ⇄ ${endpointText(addressB, portB)}`
      return conversation === undefined ? `${ends}, not in what is read of this capture` : ends
    }
    case 'range':
      return rangeText(time ?? { from: 0, to: 0 })
    case 'capture':
      return 'The whole capture'
  }
}

/** "14.000 s to 18.500 s", "At 14.000 s" */
function rangeText({ from, to }: TimeRange): string {
  return from === to ? `At ${formatSeconds(from, 3)} s` : `${formatSeconds(from, 3)} s to ${formatSeconds(to, 3)} s`
}

/** All words of a search in what a note says, or what it is on. */
export function matchesSearch(placed: PlacedNote, search: string): boolean {
  const said = `${placed.note.tag ?? ''} ${placed.note.text} ${subjectText(placed)}`.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => said.includes(word))
}
