import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { PcapWriter } from '../engine/capture-file/pcap-writer.ts'
import { PcapngWriter } from '../engine/capture-file/pcapng-writer.ts'
import { Engine } from '../engine/engine.ts'
import { runCli } from '../test/support/run-cli.ts'
import { temporaryFolder } from '../test/support/temporary-folder.ts'

const SAMPLES = join(import.meta.dirname, '..', 'resources', 'samples')
const PLAIN = join(SAMPLES, 'dns-5s.pcap')
const LOSS = join(SAMPLES, 'loss-episode.pcapng')
const ZIPPED = join(SAMPLES, 'idle-resets.pcapng.gz')
const ZSTD = join(SAMPLES, 'vxlan-nodes.pcap.zst')
const TWICE = join(import.meta.dirname, '..', 'test', 'fixtures', 'labels', 'captures', 'any-node.pcap.gz')

function read(bytes: Uint8Array): Engine {
  const engine = new Engine()
  engine.push(bytes)
  engine.finish()
  return engine
}

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** What `expert` tells of a conversation, out of what `analyze` does. */
function without(row: object): object {
  const told = [
    'transport',
    'stream',
    'addressA',
    'portA',
    'addressB',
    'portB',
    'harmMs',
    'harm',
    'state',
    'resetCause',
  ]
  return Object.fromEntries(Object.entries(row).filter(([key]) => told.includes(key)))
}

/** Nobody, root included, may write there. */
const NO_FOLDER = '/proc/hopscope'
const FULL = '/dev/full'
const onLinux = it.runIf(process.platform === 'linux')

describe('the command line', () => {
  it('shows every command, and fails without one', async () => {
    const help = await runCli(['--help'])
    expect([help.code, help.stderr]).toEqual([0, ''])
    for (const command of ['analyze', 'expert', 'conversations', 'frames', 'follow', 'export', 'serve']) {
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    }
    const none = await runCli([])
    expect([none.code, none.stdout, none.stderr]).toEqual([2, '', help.stdout])
  })

  it.each([
    'analyze',
    'expert',
    'conversations',
    'frames',
    'follow',
    'compare',
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

  it.each<[string, readonly string[], string]>([
    ['an unknown command', ['analyse', PLAIN], 'there is no command "analyse". Commands: analyze, '],
    ['a name that every object has', ['constructor'], 'there is no command "constructor"'],
    ['an unknown option', ['analyze', PLAIN, '--jsn'], "Unknown option '--jsn'"],
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

  it.each(['analyze', 'expert', 'conversations', 'frames'])('%s says why a file cannot be read', async (command) => {
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
  })

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
    const rows = read(bytes).packets.rows
    expect(rows).toBe(read(stored).packets.rows)
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
    const exported = read(bytes)
    expect(exported.facts().damage).toBeUndefined()
    expect(exported.packets.rows).toBe(read(readFileSync(file)).packets.rows)
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
  })
})

describe('analyze', () => {
  it('tells when, what and whom, in few lines', async () => {
    const { code, stdout, stderr } = await runCli(['analyze', LOSS])
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.split('\n')
    expect(lines.length).toBeLessThan(45)
    expect(stdout).toContain('2,162 packets, 921 kB on the wire, 6 conversations')
    expect(stdout).toContain('from 2026-11-21T02:29:37.521Z, for 32 s')
    expect(stdout).toMatch(/^retransmissions ·{20,}[▁-█·]+·{20,} {2}42, from 14 s to 1[89] s$/mu)
    expect(stdout).toMatch(/^Sent again: 43 segments: 7 fast, 9 by time-out, 26 tail loss probes, 1 /m)
    expect(stdout).toMatch(/The receiver had \d+ of them already\./)
    expect(stdout).toMatch(/^Labels \(tcp.analysis\): retransmission 42, duplicate_ack 20, /m)
    expect(stdout).toMatch(
      /TCP 0 +checkout-7d9f6c5b8-xk2lp.shop 10\.244\.1\.17:44142 +orders-0.orders.shop 10\.244\.2\.21:8080/,
    )
  })

  it('says why connections were reset, and by what name the server goes', async () => {
    const { stdout } = await runCli(['analyze', ZIPPED])
    expect(stdout).toContain(
      'Reset: 5 connections to ledger.shop.svc.cluster.local 10.96.120.4:443, unknown to the other end',
    )
    const refused = await runCli(['analyze', join(SAMPLES, 'refused.pcapng')])
    expect(refused.stdout).toMatch(/^Reset: 13 connections to .*:9999, refused/m)
  })

  it('warns of packets that were captured twice, and counts none of them as retransmission', async () => {
    const { stdout } = await runCli(['analyze', TWICE])
    expect(stdout).toMatch(/^Captured twice: 762 packets \(67 %\)/m)
    const total = Number(/^retransmissions +\S+ {2}(\d+)/m.exec(stdout)?.[1])
    const rows = await runCli(['conversations', TWICE, '--json'])
    const counted = rows.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).retransmissions)
    expect(total).toBeLessThan(10)
    expect(counted.reduce((a, b) => a + b, 0)).toBe(total)
  })

  it('gives the same as JSON', async () => {
    const { code, stdout } = await runCli(['analyze', LOSS, '--json'])
    expect(code).toBe(0)
    const report = JSON.parse(stdout)
    expect(Object.keys(report)).toEqual([
      ...['file', 'facts', 'conversations', 'worst', 'resets', 'latency', 'lanes', 'names', 'findings', 'artefacts'],
    ])
    expect(report.file).toBe(LOSS)
    expect(report.facts).toMatchObject({ format: 'pcapng', compression: 'none', packets: 2162, complete: true })
    expect(report.facts.labels).toMatchObject({ retransmission: 42, duplicate_ack: 20, keep_alive: 0 })
    expect(report.facts.verdicts).toMatchObject({ fast: 7, rto: 9, tlp: 26, copy: 0 })
    expect(report.latency).toContainEqual(expect.objectContaining({ measure: 'http', count: 531, unanswered: 0 }))
    expect(report.conversations).toBe(6)
    expect(report.worst).toHaveLength(6)
    const harm = report.worst.map((row: { harmMs: number }) => row.harmMs)
    expect(harm).toEqual(harm.toSorted((a: number, b: number) => b - a))
    expect(report.worst[0]).toMatchObject({ transport: 'TCP', stream: 0, addressA: '10.244.1.17', portB: 8080 })
    const { lanes } = report
    expect(lanes.buckets).toBe(60)
    for (const lane of ['packets', 'bytes', 'retransmissions', 'resets', 'outOfOrder', 'zeroWindows', 'rttP99']) {
      expect([lane, Array.isArray(lanes[lane]), lanes[lane].length]).toEqual([lane, true, 60])
    }
    expect(lanes.packets.reduce((a: number, b: number) => a + b, 0)).toBe(2162)
    expect(report.names['10.244.2.21']).toEqual(['orders-0.orders.shop'])
    expect(report.findings[0]).toMatchObject({ kind: 'rto-tail' })
  })

  it('shows the lines of a comment as lines, none of which can be taken for its own, and steers no terminal', async () => {
    const file = join(temporaryFolder(), 'commented.pcapng')
    const comments = ['the day it broke\r\n0 packets,\tand\nso on\n', 'red \u001b[31m']
    writeFileSync(file, new PcapngWriter({ comments }).take())
    const { stdout } = await runCli(['analyze', file])
    expect(stdout).toContain(
      '\ncomment: the day it broke\n         0 packets, and\n         so on\ncomment: red \u{fffd}[31m\n',
    )
  })

  it('analyses a capture without any packet', async () => {
    const file = join(temporaryFolder(), 'none.pcap')
    writeFileSync(file, new PcapWriter({ linkType: 1 }).take())
    const { code, stdout } = await runCli(['analyze', file])
    expect([code, stdout]).toEqual([0, `${file}: pcap, 24 B\n0 packets, 0 B on the wire, 0 conversations\n`])
    expect(JSON.parse((await runCli(['analyze', file, '--json'])).stdout).worst).toEqual([])
    expect((await runCli(['expert', file])).stdout).toBe(stdout)
    expect((await runCli(['conversations', file])).stdout).toBe('No conversations.\n')
    expect((await runCli(['conversations', file, '--json'])).stdout).toBe('')
  })
})

describe('expert', () => {
  it('tells labels and verdicts with their first frames, and who lost time, in few lines', async () => {
    const { code, stdout, stderr } = await runCli(['expert', LOSS])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n').length).toBeLessThan(30)
    expect(stdout).toContain('2,162 packets, 921 kB on the wire, 6 conversations')
    expect(stdout).toMatch(/^label +packets +conversations +first frame$/m)
    expect(stdout).toMatch(/^tcp\.analysis\.retransmission +42 +6 +980$/m)
    expect(stdout).toMatch(/^tlp +26 +6 +980 +11 +12 +15 +11 +tail loss probe$/m)
    expect(stdout).toMatch(
      /^TCP 0 +checkout-7d9f6c5b8-xk2lp.shop 10\.244\.1\.17:44142 +orders-0.orders.shop 10\.244\.2\.21:8080 +1\.31 s /m,
    )
    const { stdout: resets } = await runCli(['expert', ZIPPED])
    expect(resets).toMatch(
      /^Reset: 5 connections to ledger\.shop\.svc\.cluster\.local 10\.96\.120\.4:443, unknown to /m,
    )
  })

  it('counts as analyze does, in JSON', async () => {
    for (const file of [LOSS, ZIPPED, TWICE]) {
      const analysis = JSON.parse((await runCli(['analyze', file, '--json'])).stdout)
      const report = JSON.parse((await runCli(['expert', file, '--json'])).stdout)
      expect(Object.keys(report)).toEqual([
        ...['file', 'facts', 'conversations', 'labels', 'verdicts', 'resets', 'worst', 'names'],
      ])
      for (const key of ['facts', 'conversations', 'resets', 'names']) expect(report[key]).toEqual(analysis[key])
      for (const key of ['labels', 'verdicts']) {
        const packets = Object.entries<{ packets: number }>(report[key]).map(([name, count]) => [name, count.packets])
        expect(Object.fromEntries(packets)).toEqual(analysis.facts[key])
      }
      const harmed = analysis.worst.filter((row: { harmMs: number }) => row.harmMs > 0)
      expect(report.worst).toEqual(harmed.map((row: object) => expect.objectContaining(without(row))))
    }
  })

  it('counts what a filter matches, also by requests and names that are not looked for otherwise', async () => {
    const { code, stdout } = await runCli(['expert', LOSS, '--filter', 'http.time > 0.3', '--json'])
    const { matched, conversations, facts, labels } = JSON.parse(stdout)
    expect([code, conversations, facts.labels.retransmission]).toEqual([0, 6, 42])
    const { stderr } = await runCli(['export', LOSS, '--filter', 'http.time > 0.3', '-o', '/dev/null'])
    expect(stderr).toContain(`${matched} of 2,162 packets`)
    expect(matched).toBeGreaterThan(0)
    expect(labels.retransmission.packets).toBeLessThan(42)
    const again = await runCli(['expert', LOSS, '--filter', 'tcp.stream == 0'])
    expect(again.stdout).toContain('of these the filter matches 317 packets\n')
    expect(again.stdout).toMatch(/^tcp\.analysis\.retransmission +6 +1 +1017$/m)
    expect(again.stdout.match(/^TCP \d/gm)).toEqual(['TCP 0'])
  })

  it('looks at a part, with the frame numbers of the file', async () => {
    const { stdout } = await runCli(['expert', LOSS, '--frames', '990-1100', '--json'])
    const { facts, labels } = JSON.parse(stdout)
    expect(facts.packets).toBe(111)
    expect(labels.retransmission.firstRow).toBeGreaterThan(988)
    expect(labels.retransmission.firstRow).toBeLessThan(1100)
    expect(labels.zero_window).toEqual({ packets: 0, conversations: 0 })
    const few = await runCli(['expert', LOSS, '--max-packets', '500'])
    expect(few.stdout).toContain('IN PART: only the first 500 packets were read')
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
    expect(lines[1]).toMatch(/dns +AAAA prices\.shop\.svc\.cluster\.local +none +> 19\.2 s .* 421$/)
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

  it('says so when there are none', async () => {
    expect((await runCli(['exchanges', PLAIN, '--protocol', 'gopher'])).stdout).toBe('No requests were recognised.\n')
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

describe('export', () => {
  it('writes what the filter matches, and says how many', async () => {
    const out = join(temporaryFolder(), 'some.pcapng')
    const { code, stdout, stderr } = await runCli([
      'export',
      ZSTD,
      '--filter',
      'tcp.analysis.retransmission',
      '-o',
      out,
    ])
    expect([code, stdout, stderr]).toEqual([0, '', 'hopscope export: 24 of 927 packets written.\n'])
    expect(read(readFileSync(out)).facts()).toMatchObject({
      format: 'pcapng',
      packets: 24,
      interfaces: [{ linkType: 1 }],
    })
  })

  it('shows what is wrong with a filter, before it reads anything', async () => {
    const filter = 'ip.src == 10.0.0.1 && tpc.port'
    const out = join(temporaryFolder(), 'out.pcapng')
    const { code, stderr } = await runCli(['export', '/no/such.pcap', '--filter', filter, '-o', out])
    expect(code).toBe(2)
    const [message, shown, caret] = stderr.split('\n')
    expect(message).toContain('tpc.port')
    expect(shown).toBe(`  ${filter}`)
    expect(caret).toBe(`${' '.repeat(shown.indexOf('tpc'))}^^^^^^^^`)
    expect(existsSync(out)).toBe(false)
  })

  it('says what a classic pcap cannot hold', async () => {
    const folder = temporaryFolder()
    const { code, stderr } = await runCli(['export', ZIPPED, '-o', join(folder, 'all.pcap')])
    expect(code).toBe(0)
    expect(stderr).toContain("a classic pcap can't hold comments, names of addresses, what interfaces are called")
    expect(read(readFileSync(join(folder, 'all.pcap'))).facts()).toMatchObject({ format: 'pcap', packets: 397 })
  })

  it('replaces a file, also through a link, only by a whole one', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'old.pcapng')
    const link = join(folder, 'link.pcapng')
    writeFileSync(file, 'what was there before')
    symlinkSync(file, link)
    expect((await runCli(['export', ZIPPED, '-o', link])).code).toBe(0)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(read(readFileSync(file)).packets.rows).toBe(397)
    expect(readdirSync(folder).toSorted()).toEqual(['link.pcapng', 'old.pcapng'])
  })

  onLinux('says so when it cannot write, and leaves nothing', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'there'))
    for (const [out, says] of [
      [FULL, 'cannot write /dev/full: The disk is full.'],
      [join(NO_FOLDER, 'out.pcapng'), 'cannot write /proc/hopscope/out.pcapng: '],
      [join(folder, 'there'), 'is a folder; name a file in it.'],
    ]) {
      const { code, stderr } = await runCli(['export', PLAIN, '-o', out])
      expect(code).toBe(1)
      expect(stderr).toContain(says)
    }
    expect(lstatSync(FULL).isCharacterDevice()).toBe(true)
    expect(readdirSync(folder)).toEqual(['there'])
  })

  it('leaves no temporary file, also when nobody reads on', async () => {
    const folder = temporaryFolder()
    const env = { TMPDIR: folder, TMP: folder, TEMP: folder }
    const stored = gunzipSync(readFileSync(ZIPPED))
    await runCli(['export', ZIPPED, '-o', '-'], { env, closeEarly: true })
    await runCli(['export', '-', '-o', '-'], { env, input: [stored] })
    expect(readdirSync(folder)).toEqual([])
  })

  onLinux('says so when there is no room for a capture that comes only once', async () => {
    const env = { TMPDIR: NO_FOLDER }
    const { code, stderr } = await runCli(['export', ZIPPED, '-o', '-'], { env })
    expect(code).toBe(1)
    expect(stderr).toContain(`cannot keep the capture in ${NO_FOLDER} while it is read`)
    expect(stderr).toContain('Set TMPDIR')
  })
})

describe('a capture with more packets than are to be kept', () => {
  it.each([
    ['a file', [LOSS], {}],
    ['standard input', ['-'], { input: pieces(readFileSync(LOSS), 10_000) }],
  ])('is analysed up to there, and that is said: %s', async (_, file, options) => {
    const { code, stdout, stderr } = await runCli(['analyze', ...file, '--max-packets', '500'], options)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('IN PART: only the first 500 packets were read, the capture goes on: ')
    expect(stdout).toContain('`--frames 501-1000`')
    expect(stdout).toMatch(/^500 packets, /m)
  })

  it('is told from a whole one in JSON', async () => {
    const facts = async (most: string): Promise<object> => {
      const { stdout } = await runCli(['analyze', LOSS, '--json', '--max-packets', most])
      return JSON.parse(stdout).facts
    }
    expect(await facts('500')).toMatchObject({
      packets: 500,
      unread: { reason: expect.stringContaining('500 packets') },
    })
    expect(await facts('2162')).not.toHaveProperty('unread')
  })

  it.each(['0', '-1', '1e3', 'many'])('is not asked for by %s', async (most) => {
    const { code, stderr } = await runCli(['analyze', LOSS, `--max-packets=${most}`])
    expect(code).toBe(2)
    expect(stderr).toContain(`--max-packets needs a number of packets, not "${most}".`)
  })
})
