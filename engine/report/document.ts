import type { NoteColour } from '../../common/model/note.ts'

// A report as blocks that know no format. Their texts are as they came, out of captures and from people: whoever renders them escapes them.

export type Block =
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'notes'; readonly notes: readonly ReportNote[] }
  | {
      readonly kind: 'chart'
      readonly title: string
      /** One a bucket; NaN where there is none. */
      readonly values: Float64Array
      /** What the highest bar is, in words. */
      readonly top: string
      readonly tone: 'plain' | 'bad' | 'time'
      /** The times at its left and right end. */
      readonly from: string
      readonly to: string
    }

export interface ReportNote {
  /** "frame 7, at 1.20 s" */
  readonly about: string
  readonly tag: string
  readonly colour: NoteColour
  /** Of any number of lines. */
  readonly text: string
}

export interface ReportDocument {
  readonly title: string
  readonly blocks: readonly Block[]
}

/** The lines of a text that may have several. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => line.replaceAll('\t', '    '))
}

/** Control and formatting characters (line ends, text direction) would let a name reach out of its place. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}
