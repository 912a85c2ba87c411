import { textWidth } from './text.ts'

/** A line that ends later was broken by its writer, not ended. */
const BROKEN = 80
/** Further in, a line goes on with what is said of a term. */
const DEEP = 10

/** A term with what it means, in columns that two spaces part. */
const TERM = /^( *\S.*? {2,})(\S.*)$/

/** Help as written, in lines as wide as text may be: what follows a term stays beside it. Words are never cut. */
export function helpText(text: string): string {
  const blocks: { readonly head: string; words: string; last: number }[] = []
  for (const line of text.split('\n')) {
    const indent = line.length - line.trimStart().length
    const [, head, words] = TERM.exec(line) ?? []
    const block = blocks.at(-1)
    if (
      block &&
      line !== '' &&
      indent === block.head.length &&
      (indent >= DEEP || (indent === 0 && block.last >= BROKEN))
    ) {
      block.words += ` ${line.trim()}`
      block.last = line.length
    } else if (head !== undefined && words !== undefined) blocks.push({ head, words, last: line.length })
    else
      blocks.push({
        head: indent > 0 && blocks.length > 0 ? ' '.repeat(indent) : '',
        words: line.trim(),
        last: line.length,
      })
  }
  return blocks.map(({ head, words }) => filled(head, words)).join('\n')
}

function filled(head: string, text: string): string {
  const columns = textWidth()
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && head.length + line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.map((one, i) => ((i === 0 ? head : ' '.repeat(head.length)) + one).trimEnd()).join('\n')
}
