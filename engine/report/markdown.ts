import { type Block, linesOf, printable, type ReportDocument } from './document.ts'

/** CommonMark with GitHub's tables. Nothing in the texts is taken as Markdown or HTML. */
export function reportMarkdown({ title, blocks }: ReportDocument): string {
  return `${[`# ${escaped(title)}`, ...blocks.map(block)].join('\n\n')}\n`
}

function block(one: Block): string {
  switch (one.kind) {
    case 'heading':
      return `${'#'.repeat(one.level)} ${escaped(one.text)}`
    case 'paragraph':
      return escaped(one.text)
    case 'list':
      return one.items.map((item) => `- ${escaped(item)}`).join('\n')
    case 'code':
      // Indented, as no text of one line can end such a block.
      return `    ${printable(one.text)}`
    case 'table':
      return [one.head, one.head.map(() => '---'), ...one.rows].map(tableLine).join('\n')
    case 'notes':
      return [
        tableLine(['about', 'tag', 'note']),
        tableLine(['---', '---', '---']),
        ...one.notes.map(({ about, tag, text }) => {
          return `| ${escaped(about)} | ${escaped(tag)} | ${linesOf(text).map(escaped).join('<br>')} |`
        }),
      ].join('\n')
    case 'chart':
      return `${escaped(one.title)}: ${escaped(one.top)}\n\n    ${one.from} ${bars(one.values)} ${one.to}`
  }
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => (cell === '---' ? cell : escaped(cell))).join(' | ')} |`
}

/** Without what means something in Markdown, HTML, or to what makes links of addresses. */
function escaped(text: string): string {
  return printable(text)
    .replaceAll(/[\\`*_[\]<>#|~&]/g, String.raw`\$&`)
    .replaceAll(/(https?|ftp|mailto):|(www)\.|@/gi, (link) => `${link.slice(0, -1)}\\${link.slice(-1)}`)
    .replace(/^(\s*\d+)([.)]\s)/, String.raw`$1\$2`)
    .replace(/^(\s*)([-+=])/, String.raw`$1\$2`)
}

const BARS = '▁▂▃▄▅▆▇█'

const WIDTH = 80

/** At most WIDTH bars, each the highest of its values. */
function bars(values: Float64Array): string {
  const top = highest(values)
  const each = Math.ceil(values.length / WIDTH)
  let text = ''
  for (let at = 0; at < values.length; at += each) {
    const value = highest(values.subarray(at, at + each))
    text += value > 0 ? BARS[Math.min(7, Math.floor((value / top) * 8))] : '·'
  }
  return text
}

function highest(values: Float64Array): number {
  return values.reduce((top, value) => (value > top ? value : top), 0)
}
