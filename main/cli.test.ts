import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readWhole } from '../engine/testing/read-whole.ts'
import { runCli } from '../test/support/run-cli.ts'
import { temporaryFolder } from '../test/support/temporary-folder.ts'

const SAMPLES = join(import.meta.dirname, '..', 'resources', 'samples')
const PLAIN = join(SAMPLES, 'dns-5s.pcap')
const LOSS = join(SAMPLES, 'loss-episode.pcapng')
const ZIPPED = join(SAMPLES, 'idle-resets.pcapng.gz')
const ZSTD = join(SAMPLES, 'vxlan-nodes.pcap.zst')

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const FULL = '/dev/full'
const onLinux = it.runIf(process.platform === 'linux')

describe('the command line', () => {
  it('shows every command, and fails without one', async () => {
    const help = await runCli(['--help'])
    expect([help.code, help.stderr]).toEqual([0, ''])
    const listed = [...help.stdout.matchAll(/^ {2}([a-z-]+) {2}/gm)].map(([, name]) => name)
    const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
    expect(listed.toSorted()).toEqual([...readme.matchAll(/^\| `([a-z-]+)[ `]/gm)].map(([, name]) => name).toSorted())
    expect(listed.length).toBeGreaterThan(10)
    const none = await runCli([])
    expect([none.code, none.stdout, none.stderr]).toEqual([2, '', help.stdout])
  })

  it.each([
    'analyze',
    'expert',
    'findings',
    'conversations',
    'exchanges',
    'round-trips',
    'frames',
    'follow',
    'compare',
    'hops',
    'notes',
    'report',
    'export',
    'contexts',
    'preflight',
    'capture',
    'sweep',
    'serve',
  ])('explains %s, whatever else is asked', async (command) => {
    const { code, stdout, stderr } = await runCli([command, 'no-such-file', '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(new RegExp(`^Usage: hopscope ${command} `))
    expect(stdout.length).toBeGreaterThan(200)
  })

  it('tells its version, and helps with a command in either order', async () => {
    expect((await runCli(['--version'])).stdout).toMatch(/^hopscope \d+\.\d+\.\d+\n$/)
    expect(await runCli(['help', 'frames'])).toEqual(await runCli(['frames', '--help']))
    expect((await runCli(['help'])).stdout).toBe((await runCli(['--help'])).stdout)
  })

  it.each<[string, readonly string[], string]>([
    ['an unknown command', ['analyse', PLAIN], 'there is no command "analyse". Commands: analyze, '],
    ['a name that every object has', ['constructor'], 'there is no command "constructor"'],
    ['an unknown option', ['analyze', PLAIN, '--jsn'], "Unknown option '--jsn'.\n`"],
    [
      'a value that another would replace',
      ['expert', PLAIN, '--filter', 'udp', '--filter', 'tcp'],
      '--filter is given twice',
    ],
    ['two places to write to', ['export', PLAIN, '-o', '/no/a', '--output=/no/b'], '--output is given twice'],
    ['a filter that is none', ['expert', PLAIN, '--filter', 'tcp.prt == 1'], '  tcp.prt == 1\n  ^^^^^^^'],
    ['no file', ['analyze'], 'name a capture file.'],
    ['two files where one is analysed', ['conversations', PLAIN, LOSS], 'name one capture file, not several.'],
    ['several files for standard output', ['frames', PLAIN, LOSS], 'several files need --out DIR.'],
    ['no place for a report', ['report', PLAIN], 'say with -o where to write.'],
    ['no place to export to', ['export', PLAIN], 'say with -o where to write.'],
    [
      'something nobody can redact',
      ['export', PLAIN, '-o', '-', '--redact', 'payload,everything'],
      '--redact takes payload, addresses, names, not "everything".',
    ],
    ['the capture itself as the place', ['export', PLAIN, '-o', PLAIN], 'is the capture itself.'],
  ])('calls it wrong usage: %s', async (_, args, says) => {
    const { code, stdout, stderr } = await runCli(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^hopscope/)
    expect(stderr).toContain(says)
    expect(stderr).toContain('--help` tells more.')
    expect(stderr).not.toContain('    at ')
  })

  it.each(['analyze', 'expert', 'conversations', 'frames', 'notes'])(
    '%s says why a file cannot be read',
    async (command) => {
      const folder = temporaryFolder()
      const empty = join(folder, 'empty.pcap')
      const text = join(folder, 'notes.pcap')
      writeFileSync(empty, '')
      writeFileSync(text, 'These are notes, and no capture at all.\n')
      const cases = [
        [join(folder, 'gone.pcap'), 'There is no such file.'],
        [folder, 'is a folder'],
        [empty, 'The file is empty: '],
        [text, 'The file is text'],
      ]
      for (const [file, says] of cases) {
        const { code, stdout, stderr } = await runCli([command, file])
        expect([code, stdout]).toEqual([1, ''])
        expect(stderr).toContain(file)
        expect(stderr).toContain(says)
        expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      }
    },
  )

  it('ends in silence when nobody reads on', async () => {
    for (const args of [
      ['frames', LOSS],
      ['export', LOSS, '-o', '-'],
    ]) {
      const { code, stderr } = await runCli(args, { closeEarly: true })
      expect([code, stderr]).toEqual([0, ''])
    }
  })

  onLinux('says so when standard output cannot take it', async () => {
    for (const args of [['--help'], ['analyze', PLAIN], ['frames', LOSS], ['conversations', PLAIN, '--json']]) {
      const full = openSync(FULL, 'w')
      const { code, stderr } = await runCli(args, { stdout: full })
      closeSync(full)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^hopscope.*: cannot write to standard output: The disk is full\.\n$/)
    }
  })
})

describe('standard input', () => {
  it('can be the capture, plain or compressed, in pieces of any size', async () => {
    const plain = readFileSync(PLAIN).subarray(0, 4000)
    const expected = (await runCli(['frames', '-'], { input: [plain] })).stdout
    expect(expected.split('\n').length).toBeGreaterThan(20)
    for (const bytes of [plain, zstdCompressSync(plain)]) {
      const { stdout } = await runCli(['frames', '-'], { input: pieces(bytes, 3) })
      expect(stdout).toBe(expected)
    }
  })

  it.each([1, 3, 1000])('is exported from a compressed capture that comes %i bytes at a time', async (size) => {
    const stored = readFileSync(ZIPPED).subarray(0, size === 1000 ? undefined : 2000)
    const { bytes, stderr } = await runCli(['export', '-', '-o', '-'], { input: pieces(stored, size) })
    expect(stderr).toContain('packets written')
    const rows = readWhole(bytes).packets.rows
    expect(rows).toBe(readWhole(stored).packets.rows)
    expect(rows).toBeGreaterThan(5)
  })

  it('is called by that name when it is no capture', async () => {
    const nothing = await runCli(['analyze', '-'], { input: [] })
    expect([nothing.code, nothing.stderr]).toEqual([
      1,
      expect.stringMatching(/^hopscope analyze: standard input: The file is empty: .*\n$/),
    ])
    const two = await runCli(['analyze', '-'], { input: [Uint8Array.of(0x1f), Uint8Array.of(0x8b)] })
    expect([two.code, two.stderr]).toEqual([
      1,
      'hopscope analyze: standard input: The file is too short to be a capture: it has 2 bytes.\n',
    ])
  })
})

describe('a cut capture', () => {
  const folder = () => {
    const cut = join(temporaryFolder(), 'cut.pcapng')
    writeFileSync(cut, readFileSync(LOSS).subarray(0, 50_001))
    return cut
  }

  it('gives the frames before the damage, and says on standard error at which byte it is', async () => {
    const file = folder()
    const whole = (await runCli(['frames', LOSS])).stdout.split('\n')
    const { code, stdout, stderr } = await runCli(['frames', file])
    const lines = stdout.replace(/\n$/, '').split('\n')
    expect(code).toBe(0)
    expect(lines.length).toBeGreaterThan(50)
    expect(lines).toEqual(whole.slice(0, lines.length))
    const [, byte, packets] = /damaged at byte (\d+), the (\d+) packets before it were read\. \S+/.exec(stderr) ?? []
    expect(Number(packets)).toBe(lines.length - 1)
    expect(Number(byte)).toBeGreaterThan(49_000)
    expect(Number(byte)).toBeLessThanOrEqual(50_001)
  })

  it('is analysed, listed and exported as far as it goes', async () => {
    const file = folder()
    const analysis = await runCli(['analyze', file])
    expect(analysis.code).toBe(0)
    expect(analysis.stdout).toMatch(/DAMAGED at byte \d+; read up to there\. \S/)
    const counts = await runCli(['expert', file])
    expect(counts.code).toBe(0)
    expect(counts.stdout).toContain(/^DAMAGED .*$/m.exec(analysis.stdout)?.[0])
    const list = await runCli(['conversations', file])
    expect([list.code, list.stdout.includes('TCP 0')]).toEqual([0, true])
    expect(list.stderr).toContain('damaged at byte')
    const { code, bytes, stderr } = await runCli(['export', file, '-o', '-'])
    expect(code).toBe(0)
    expect(stderr).toContain('damaged at byte')
    const exported = readWhole(bytes)
    expect(exported.facts().damage).toBeUndefined()
    expect(exported.packets.rows).toBe(readWhole(readFileSync(file)).packets.rows)
  })
})

describe('a display filter', () => {
  const FILTER = 'tcp.analysis.retransmission && tcp.stream == 2'

  it('picks lines of frames, numbered as in the file', async () => {
    const all = (await runCli(['frames', LOSS])).stdout.split('\n')
    const { code, stdout } = await runCli(['frames', LOSS, '--filter', FILTER])
    const column = (name: string) => all[0].split('\t').indexOf(name)
    const wanted = all.filter((line, i) => {
      const cells = line.split('\t')
      return i === 0 || (cells[column('tcp.stream')] === '2' && cells[column('tcp.analysis.retransmission')] === '1')
    })
    expect([code, stdout]).toEqual([0, `${wanted.join('\n')}\n`])
    expect(wanted.length).toBe(9)
  })

  it('picks the conversations that have such a packet', async () => {
    const { stdout } = await runCli(['conversations', LOSS, '--json', '--filter', FILTER])
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).stream),
    ).toEqual([2])
  })

  it('is looked at before the file', async () => {
    expect((await runCli(['conversations', '/no/such.pcap', '--filter', 'tcp.prt'])).code).toBe(2)
  })
})

describe('frames --out', () => {
  it('numbers the tables by the order of the files, and does the others when one cannot be read', async () => {
    const out = join(temporaryFolder(), 'deep', 'tables')
    const { code, stdout, stderr } = await runCli(['frames', '--out', out, PLAIN, '/no/such.pcap', ZSTD])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe('hopscope frames: cannot open /no/such.pcap: There is no such file.\n')
    expect(readdirSync(out).toSorted()).toEqual(['1.tsv', '3.tsv'])
    expect(readFileSync(join(out, '1.tsv'), 'utf8')).toBe((await runCli(['frames', PLAIN])).stdout)
    expect(readFileSync(join(out, '3.tsv'), 'utf8')).toBe((await runCli(['frames', ZSTD])).stdout)
  })

  it('says so when the folder cannot be made', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const { code, stderr } = await runCli(['frames', '--out', join(file, 'tables'), PLAIN])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^hopscope frames: cannot make the folder .*\n$/)
    const itself = await runCli(['frames', '--out', file, PLAIN])
    expect([itself.code, itself.stderr]).toEqual([
      1,
      `hopscope frames: cannot make the folder ${file}: There is a file of that name.\n`,
    ])
  })
})

describe('exchanges', () => {
  it('lists what was never answered first, then the slowest, with where the time went', async () => {
    const { code, stdout, stderr } = await runCli(['exchanges', PLAIN])
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.split('\n')
    expect(lines[0]).toMatch(
      /^ *at +client +server +protocol +asked +answer +total +network +server time +transfer +stall +frames$/,
    )
    expect(lines[1]).toMatch(/dns +AAAA prices\.shop\.svc\.cluster\.local +none +> 5\.00 s .* 421$/)
    expect(lines[3]).toMatch(/dns +AAAA orders\.shop\.svc\.cluster\.local +NODATA +5\.01 s .* 5\.01 s +305-379, 380$/)
  })

  it('gives an object a line, of one protocol and with the words asked for', async () => {
    const { stdout } = await runCli(['exchanges', PLAIN, '--json', '--protocol', 'http', '--find', 'get healthz'])
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toHaveLength(48)
    expect(new Set(rows.map((row) => `${row.protocol} ${row.ask} ${row.outcome}`))).toEqual(
      new Set(['http GET /healthz answered']),
    )
    const totals = rows.map((row) => row.totalNs)
    expect(totals).toEqual(totals.toSorted((a, b) => b - a))
  })

  it('says of what there are some when there are none', async () => {
    expect((await runCli(['exchanges', PLAIN, '--protocol', 'gopher'])).stdout).toBe(
      'There are no requests of gopher; there are some of dns, http.\n',
    )
  })
})

describe('conversations', () => {
  it('gives an object a line, most harmed first', async () => {
    const { code, stdout } = await runCli(['conversations', PLAIN, '--json'])
    expect(code).toBe(0)
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toHaveLength(103)
    const harm = rows.map((row) => row.harmMs)
    expect(harm).toEqual(harm.toSorted((a, b) => b - a))
    expect(new Set(rows.map((row) => row.transport))).toEqual(new Set(['TCP', 'UDP', 'Ethernet']))
  })
})

describe('follow', () => {
  it('prints what both ends said, and how much the snap length cut off', async () => {
    const { code, stdout } = await runCli(['follow', LOSS, '--conversation', '1'])
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    expect(lines.slice(0, 4)).toEqual([
      'client checkout-7d9f6c5b8-xk2lp.shop 10.244.1.17:52966, 12,612 bytes',
      'server orders-1.orders.shop 10.244.2.22:8080, 101,646 bytes',
      '',
      '> GET /orders?items=13 HTTP/1.1',
    ])
    expect(lines).toContain('< HTTP/1.1 200 OK')
    expect(stdout).toMatch(/^< \[\d+ bytes cut off by the snap length\]$/m)
  })

  it('prints one side as a hex dump, and a datagram by itself', async () => {
    const { stdout } = await runCli(['follow', PLAIN, '--conversation', 'udp.1', '--side', 'client', '--hex'])
    expect(stdout.split('\n').slice(3, 7)).toEqual([
      '> 00000000  43 b8 01 00 00 01 00 00 00 00 00 00 04 63 61 72  C............car',
      '> 00000010  74 04 73 68 6f 70 03 73 76 63 07 63 6c 75 73 74  t.shop.svc.clust',
      '> 00000020  65 72 05 6c 6f 63 61 6c 00 00 01 00 01           er.local.....',
      '> 0000002d  ed b4 01 00 00 01 00 00 00 00 00 00 04 63 61 72  .............car',
    ])
  })

  it('writes the bytes as they are', async () => {
    const { stdout } = await runCli(['follow', LOSS, '--conversation', '1', '--raw', '--side', 'client'])
    expect(stdout).toMatch(/^GET \/orders\?items=13 HTTP\/1\.1\r\n/)
    expect(stdout).toHaveLength(12_612)
  })

  it.each([
    [[LOSS], 2, 'say with --conversation which one.'],
    [[LOSS, '--conversation', 'x'], 2, '--conversation takes a number, tcp.N or udp.N, not "x".'],
    [[LOSS, '--conversation', '1', '--side', 'both'], 2, '--side is client or server, not "both".'],
    [[LOSS, '--conversation', '1', '--hex', '--raw'], 2, 'choose --hex or --raw.'],
    [[LOSS, '--conversation', '99'], 1, 'has no tcp stream 99'],
  ])('says what is wrong with %j', async (args, exit, message) => {
    const { code, stdout, stderr } = await runCli(['follow', ...args])
    expect([code, stdout]).toEqual([exit, ''])
    expect(stderr).toContain(message)
  })
})
