import { type Block, linesOf, printable, type ReportDocument, type ReportNote } from './document.ts'
import { STYLE } from './style.ts'

/** One file that needs no other and runs nothing: its policy forbids scripts and whatever is to be fetched. */
export function reportHtml({ title, blocks }: ReportDocument): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${blocks.map(block).join('\n')}
</main>
</body>
</html>
`
}

function block(one: Block): string {
  switch (one.kind) {
    case 'heading':
      return `<h${one.level}>${escaped(one.text)}</h${one.level}>`
    case 'paragraph':
      return `<p>${escaped(one.text)}</p>`
    case 'list':
      return `<ul>${one.items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`
    case 'code':
      return `<pre>${escaped(one.text)}</pre>`
    case 'table':
      return table(one.head, one.rows)
    case 'notes':
      return `<ul class="notes">${one.notes.map(note).join('\n')}</ul>`
    case 'chart':
      return chart(one)
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // What is a number in every row stands to the right; an address is none.
  const isNumber = (cell: string) => /^(\(?[\d>]|-?$)/.test(cell) && !/:|\d\.\d+\.\d/.test(cell)
  const right = head.map((_, i) => rows.every((row) => isNumber(row[i] ?? '')))
  const cells = (row: readonly string[], tag: string) =>
    `<tr>${row.map((cell, i) => `<${tag}${right[i] ? ' class="number"' : ''}>${escaped(cell)}</${tag}>`).join('')}</tr>`
  const body = rows.map((row) => cells(row, 'td')).join('\n')
  return `<div class="wide"><table><thead>${cells(head, 'th')}</thead><tbody>\n${body}\n</tbody></table></div>`
}

function note({ about, tag, colour, text }: ReportNote): string {
  const tagged = tag === '' ? '' : `<b>${escaped(tag)}</b> `
  return `<li class="${colour}"><small>${escaped(about)}</small><p>${tagged}${linesOf(text).map(escaped).join('\n')}</p></li>`
}

const HEIGHT = 40

function chart({ title, values, top, tone, from, to }: Block & { readonly kind: 'chart' }): string {
  const highest = values.reduce((a, b) => (b > a ? b : a), 0)
  let path = ''
  values.forEach((value, x) => {
    if (!(value > 0)) return
    // A pixel at least: "very little" is not nothing.
    const height = Math.max(1, (value / highest) * HEIGHT)
    path += `M${x} ${HEIGHT}v${(-height).toFixed(2)}h1V${HEIGHT}z`
  })
  const label = escaped(`${title}: ${top}`)
  return `<figure class="${tone}"><figcaption><b>${escaped(title)}</b> ${escaped(top)}</figcaption>
<svg viewBox="0 0 ${values.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}"><path d="${path}"/></svg>
<div class="axis"><span>${escaped(from)}</span><span>${escaped(to)}</span></div></figure>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
