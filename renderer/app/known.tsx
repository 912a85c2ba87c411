import type { ReactNode } from 'react'
import { AddressNames, type AddressName } from '../components/address.tsx'
import { NoteMarksContext, type NoteMarks } from '../components/note-marks.tsx'

interface KnownProps {
  readonly names: ReadonlyMap<string, AddressName>
  readonly marks: NoteMarks
  readonly children: ReactNode
}

/** What all views of a capture show wherever it belongs: the names of addresses, and what was noted. */
export function Known({ names, marks, children }: KnownProps): ReactNode {
  return (
    <AddressNames value={names}>
      <NoteMarksContext value={marks}>{children}</NoteMarksContext>
    </AddressNames>
  )
}
