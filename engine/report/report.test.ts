import { describe, expect, it } from 'vitest'
import type { Note } from '../../common/model/note.ts'
import { concat, NgBlocks } from '../capture-file/testing/build-capture.ts'
import { Engine, reportDocument, reportHtml, reportMarkdown } from '../engine.ts'
import { ethernet, ipv4, tcp } from '../query/testing/frames.ts'
import { refusedServers } from '../testing/refused-servers.ts'

const HOSTILE = '</title><script>alert(1)</script><img src=x onerror=alert(2)> "\' | [x](javascript:y) `z`\n# h\u202e'
const T = 1_700_000_000_000_000_000n
const OPTIONS = { name: 'a.pcapng', version: '1.2.3' }

/** SYNs that are refused; whatever can be named has a hostile name. */
function capture(): Engine {
  const blocks = new NgBlocks()
  const frame = (reverse: boolean, port: number, flags: number) =>
    ethernet(
      0x800,
      ipv4(
        reverse
          ? { source: '10.0.0.2', destination: '10.0.0.1', protocol: 6 }
          : { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 },
        reverse
          ? tcp({ source: 80, destination: port, seq: 0, ack: 2, flags })
          : tcp({ source: port, destination: 80, seq: 1, flags }),
      ),
    )
  const parts = [
    blocks.section([[1, HOSTILE]]),
    blocks.interface(1, 0, [[2, HOSTILE]]),
    blocks.names([[1, [10, 0, 0, 2], HOSTILE.replaceAll('\0', '')]]),
  ]
  for (let i = 0; i < 4; i++) {
    // The first SYN is sent twice, so that somebody lost time.
    if (i === 0) parts.push(blocks.enhanced(0, (T - 1_000_000_000n) / 1000n, frame(false, 5000, 2)))
    const time = (T + BigInt(i) * 1_000_000n) / 1000n
    parts.push(blocks.enhanced(0, time, frame(false, 5000 + i, 2)))
    parts.push(blocks.enhanced(0, time + 100n, frame(true, 5000 + i, 0x14)))
  }
  const engine = new Engine()
  engine.push(concat(...parts))
  engine.finish()
  return engine
}

const noBytes = () => Promise.resolve(new Uint8Array())
const note: Note = {
  id: 'n1',
  anchor: { kind: 'packet', frame: 2, time: String(T) },
  text: HOSTILE,
  tag: HOSTILE,
  createdAt: 0,
  editedAt: 0,
}

function noted(): Engine {
  const engine = capture()
  engine.notes.set([note])
  return engine
}

describe('a report', () => {
  it('tells the facts, the findings, the notes and how it was made', async () => {
    const document = await reportDocument(noted(), noBytes, OPTIONS)
    const headings = document.blocks.flatMap((block) =>
      block.kind === 'heading' && block.level === 2 ? [block.text] : [],
    )
    expect(headings).toEqual([
      'Findings',
      'Notes',
      'Over time',
      'How long things took',
      'Conversations that lost most time',
      'How this was made',
    ])
    const text = reportMarkdown(document)
    expect(text).toContain('9 packets')
    expect(text).toMatch(/### 1\\. .*refused/i)
    expect(text).toContain('| frame 2, at 1.00 s |')
    expect(text).toContain('Hopscope 1.2.3 read a.pcapng')
  })

  it('says how many findings it does not list', async () => {
    const engine = new Engine()
    engine.push(refusedServers(70))
    engine.finish()
    const text = reportMarkdown(await reportDocument(engine, noBytes, OPTIONS))
    expect(text).toMatch(/### 50\\\. /)
    expect(text).not.toMatch(/### 51\\\. /)
    expect(text).toContain('20 findings more of the same kinds did less harm and are not listed')
  })

  it('shows of a part only findings with a packet in it, and says what part it is', async () => {
    const filter = 'tcp.port == 1'
    const text = reportMarkdown(await reportDocument(capture(), noBytes, { ...OPTIONS, filter }))
    expect(text).toContain('0 packets (0.0 %)')
    expect(text).toContain(`\n    ${filter}\n`)
    expect(text).toContain('Nothing was found that involves these packets.')
  })

  it('lets no name, comment or note become HTML', async () => {
    const html = reportHtml(await reportDocument(noted(), noBytes, { ...OPTIONS, name: HOSTILE }))
    const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag))
    expect([...tags].filter((tag) => ['script', 'img'].includes(tag))).toEqual([])
    expect(html.match(/<\/title>/g)).toHaveLength(1)
    expect(html).toContain('&lt;script&gt;')
    expect(html).not.toContain('\u202e')
    // Not even the policy would be needed.
    expect(html).toContain("default-src 'none'")
    expect(html).not.toMatch(/(src|href)="/)
  })

  it('lets no name, comment or note become Markdown', async () => {
    const text = reportMarkdown(await reportDocument(noted(), noBytes, { ...OPTIONS, name: HOSTILE }))
    for (const line of text.split('\n').filter((one) => !one.startsWith('    '))) {
      // Every character with a meaning stands behind a backslash.
      expect(line.replaceAll(/\\.|<br>/g, '')).not.toMatch(/[<>[\]`]/)
    }
    // A table keeps its columns.
    const row = text.split('\n').find((line) => line.startsWith('| frame 2'))
    expect(row?.replaceAll(/\\./g, '').match(/\|/g)).toHaveLength(4)
    expect(text).not.toMatch(/^# h/m)
  })

  it('keeps the lines and the colours of notes', async () => {
    const engine = capture()
    engine.notes.set([{ ...note, tag: 'loss', colour: 'red', text: 'one\n- two\r\n\tthree' }])
    const document = await reportDocument(engine, noBytes, OPTIONS)
    expect(reportMarkdown(document)).toContain('| loss | one<br>\\- two<br>    three |')
    expect(reportHtml(document)).toContain(
      '<li class="red"><small>frame 2, at 1.00 s</small><p><b>loss</b> one\n- two\n    three</p></li>',
    )
  })

  it('puts numbers to the right, and addresses to the left', () => {
    const rows = [
      ['10.0.0.1:80', 'fe80::1', '10.0.0.2', '1,234', '(43 ms)', '> 5.00 s'],
      ['10.0.0.3:80', '2001:db8::1', '10.0.0.4', '', '0.08 ms', '-'],
    ]
    const head = ['A', 'B', 'C', 'packets', 'p99', 'lost']
    const html = reportHtml({ title: 't', blocks: [{ kind: 'table', head, rows }] })
    const numbers = html.matchAll(/<th class="number">(\w+)/g)
    expect([...numbers].map(([, name]) => name)).toEqual(['packets', 'p99', 'lost'])
  })

  it('is made of an empty capture too', async () => {
    const engine = new Engine()
    engine.finish()
    const html = reportHtml(await reportDocument(engine, noBytes, OPTIONS))
    expect(html).toContain('0 packets')
    expect(html).toContain('Nothing was found.')
  })
})
