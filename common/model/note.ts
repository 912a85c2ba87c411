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

export interface Note {
  readonly id: string
  readonly anchor: NoteAnchor
  readonly text: string
  readonly tag?: string | undefined
  readonly colour?: NoteColour | undefined
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly editedAt: number
}

/** The display filter's field for what is noted. */
export const NOTE_FIELD = 'hopscope.note'

/** Whether what a filter finds may change with the notes; at worst it is said of one that only has the word in a text. */
export function asksForNotes(filter: string | undefined): boolean {
  return filter?.includes(NOTE_FIELD) ?? false
}
