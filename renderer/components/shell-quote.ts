/** A word as a POSIX shell takes it, whatever is in it. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

export const shellLine = (words: readonly string[]) => words.map(shellQuote).join(' ')
