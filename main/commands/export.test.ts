import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readWhole } from '../../engine/testing/read-whole.ts'
import { runCli } from '../../test/support/run-cli.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'

const SAMPLES = join(import.meta.dirname, '..', '..', 'resources', 'samples')
const PLAIN = join(SAMPLES, 'dns-5s.pcap')
const ZIPPED = join(SAMPLES, 'idle-resets.pcapng.gz')
const ZSTD = join(SAMPLES, 'vxlan-nodes.pcap.zst')

/** Nobody, root included, may write there. */
const NO_FOLDER = '/proc/hopscope'
const FULL = '/dev/full'
const onLinux = it.runIf(process.platform === 'linux')

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
    expect(readWhole(readFileSync(out)).facts()).toMatchObject({
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
    expect(readWhole(readFileSync(join(folder, 'all.pcap'))).facts()).toMatchObject({ format: 'pcap', packets: 397 })
  })

  it('replaces a file, also through a link, only by a whole one', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'old.pcapng')
    const link = join(folder, 'link.pcapng')
    writeFileSync(file, 'what was there before')
    symlinkSync(file, link)
    expect((await runCli(['export', ZIPPED, '-o', link])).code).toBe(0)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readWhole(readFileSync(file)).packets.rows).toBe(397)
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
