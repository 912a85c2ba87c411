import * as z from 'zod/mini'
import { NOTE_COLOURS } from './note.ts'

// A note as it comes from outside: from an interface, or from the file beside a capture.

const time = z.string().check(z.regex(/^-?\d{1,20}$/))
const address = z.string().check(z.maxLength(100))
const port = z.optional(z.int().check(z.minimum(0), z.maximum(65_535)))
/** Of what pcapng can hold: an option of 64 KiB. */
const LONGEST_COMMENT = 65_535
export const NoteId = z.string().check(z.regex(/^[a-zA-Z0-9-]{1,64}$/))
export const Note = z
  .strictObject({
    id: NoteId,
    anchor: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('packet'), frame: z.int().check(z.minimum(1)), time }),
      z.strictObject({
        kind: z.literal('conversation'),
        transport: z.string().check(z.maxLength(32)),
        addressA: address,
        portA: port,
        addressB: address,
        portB: port,
        firstTime: time,
      }),
      z.strictObject({ kind: z.literal('range'), from: time, to: time }),
      z.strictObject({ kind: z.literal('capture') }),
    ]),
    text: z.string().check(z.maxLength(LONGEST_COMMENT)),
    tag: z.optional(z.string().check(z.maxLength(64))),
    colour: z.optional(z.enum(NOTE_COLOURS)),
    replaces: z.optional(z.string().check(z.minLength(1), z.maxLength(LONGEST_COMMENT))),
    createdAt: z.number(),
    editedAt: z.number(),
  })
  .check(z.refine(({ text, replaces }) => text !== '' || replaces !== undefined))
