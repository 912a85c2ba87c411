const SHOWN = 5

export interface PastedLines {
  /** A line break at the end begins no other. */
  readonly count: number
  /** It has a line break: a shell without bracketed paste runs what is in front of it. */
  readonly runs: boolean
  /** The first ones. */
  readonly first: readonly string[]
}

/** What a person has to know of a text before it is pasted. */
export function pastedLines(text: string): PastedLines {
  const lines = text.split(/\r\n|\r|\n/)
  const runs = lines.length > 1
  if (runs && lines.at(-1) === '') lines.pop()
  return { count: lines.length, runs, first: lines.slice(0, SHOWN) }
}
