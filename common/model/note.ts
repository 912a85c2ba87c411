// What a person noted about a capture. Times are nanoseconds since 1970 as decimal strings (they do not fit a number), so that a note
// finds its place again in a part of the capture, where the first frame is another one.

/** What a note is about. */
export type NoteAnchor =
  /** `frame` counts from 1, as Wireshark does; the time tells whether it is still that packet. */
  | { readonly kind: 'packet'; readonly frame: number; readonly time: string }
  | {
      readonly kind: 'conversation'
      readonly transport: string
      readonly addressA: string
      readonly portA?: number | undefined
      readonly addressB: string
      readonly portB?: number | undefined
      readonly firstTime: string
    }
  /** [from, to); a moment where they are the same. */
  | { readonly kind: 'range'; readonly from: string; readonly to: string }
  /** All of it. */
  | { readonly kind: 'capture' }

export const NOTE_COLOURS = ['yellow', 'red', 'green', 'blue', 'violet'] as const
export type NoteColour = (typeof NOTE_COLOURS)[number]
/** Of a note that names none. */
export const PLAIN_COLOUR: NoteColour = 'yellow'

export interface Note {
  readonly id: string
  readonly anchor: NoteAnchor
  /** Empty only of a comment in the file that was deleted: see `replaces`. */
  readonly text: string
  readonly tag?: string | undefined
  readonly colour?: NoteColour | undefined
  /** A comment in the capture file, as it is there: this note stands in its place. The file itself is never written. */
  readonly replaces?: string | undefined
  /** Milliseconds since 1970; 0 of comments in the file, which do not tell. */
  readonly createdAt: number
  readonly editedAt: number
}

/** What has to be kept where a note is deleted: nothing, unless a comment in the file would come back. */
export function deletionOf({ id, anchor, replaces, createdAt }: Note): Note | undefined {
  return replaces === undefined ? undefined : { id, anchor, text: '', replaces, createdAt, editedAt: Date.now() }
}

export function isDeletion({ text }: Pick<Note, 'text'>): boolean {
  return text === ''
}

/** The display filter's field for what is noted. */
export const NOTE_FIELD = 'hopscope.note'

/** Whether what a filter finds may change with the notes; at worst it is said of one that only has the word in a text. */
export function asksForNotes(filter: string | undefined): boolean {
  return filter?.includes(NOTE_FIELD) ?? false
}
