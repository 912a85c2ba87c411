import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { DEFAULT_SETTINGS } from '../../main/kubernetes/capture/capture-container.ts'
import { ClusterCapture } from '../../main/kubernetes/capture/cluster-capture.ts'
import { Ledger } from '../../main/kubernetes/capture/ledger.ts'
import { type StreamFault, TestCluster } from './cluster.ts'
import { type CapturedPacket, readBlocks } from './read-blocks.ts'
import { countSequence, numbersOf, startTraffic, type Traffic } from './sequenced-traffic.ts'
import { startWitness } from './witness.ts'
import { openAs, skipReason } from './start.ts'

const CUTS = Number(process.env['HOPSCOPE_CHAOS_CUTS'] ?? 200)
// Each takes several seconds: the full 20 are for HOPSCOPE_CHAOS_KILLS=20.
const KILLS = Number(process.env['HOPSCOPE_CHAOS_KILLS'] ?? 5)
const CLI = join(import.meta.dirname, '../../main/cli.ts')
const title = `captures under chaos${skipReason ? ` (skipped: ${skipReason})` : ''}`

/**
 * libpcap binds its socket before it sets the filter, and while it does nothing passes: a few packets come from before, and then there is a
 * hole, 0.1 ms after the first and 50 us long (pcap-linux.c: set_kernel_filter, total_filter). That each packet which tcpdump wrote is in the
 * file the capture checks itself.
 */
function begun(packets: readonly CapturedPacket[]): (packet: CapturedPacket) => boolean {
  const from = (packets[0]?.timeNs ?? 0n) + 1_000_000_000n
  return ({ timeNs }) => timeNs >= from
}

/** What can happen to a stream, to the API server or to the way to a node. */
type Event = StreamFault['kind'] | 'api-server-killed' | 'api-server-stopped' | 'node-unreachable' | 'pull-killed'
const EVENTS: readonly Event[] = [
  'cut',
  'kubelet-restart',
  'containerd-restart',
  'early-success',
  'stall',
  'api-server-killed',
  'api-server-stopped',
  'node-unreachable',
  'pull-killed',
]

describe.skipIf(skipReason !== undefined)(title, { timeout: 60_000 + KILLS * 15_000 }, () => {
  let cluster: TestCluster
  let folder: string
  let target: string

  beforeAll(async () => {
    cluster = await TestCluster.start()
    await cluster.pod('default', 'web', { nodeName: 'node-a' })
    target = (await cluster.pod('default', 'db', { nodeName: 'node-b' })).status?.podIP ?? ''
    folder = mkdtempSync(join(tmpdir(), 'hopscope-chaos-'))
  })
  afterAll(async () => {
    await cluster?.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  const app = () => cluster.container('default', 'web', 'app')

  /** Traffic from web that ends with the test, also where that fails: two senders at once would look like disorder. */
  async function send(options: { readonly perSecond: number; readonly size: number }): Promise<Traffic> {
    const traffic = await startTraffic(app(), target, options)
    onTestFinished(async () => void (await traffic.stop()))
    return traffic
  }

  async function happen(event: Event): Promise<void> {
    switch (event) {
      case 'api-server-killed':
        cluster.api.kill()
        await sleep(30)
        return cluster.api.start()
      case 'api-server-stopped':
        cluster.api.stop()
        await sleep(30)
        return cluster.api.start()
      case 'node-unreachable':
        cluster.unreachable('node-a', 20)
        cluster.fail({ kind: 'cut' }, { pod: 'web' })
        await sleep(60)
        return cluster.unreachable('node-a', undefined)
      case 'pull-killed':
        for (const { name } of cluster.findPod('default', 'web')?.spec.ephemeralContainers ?? []) {
          const inside = cluster.container('default', 'web', name)
          const pull = /^(cat|tail|head|sha256sum)$/
          for (const one of inside.processes()) if (pull.test(one.name)) inside.killProgram(one.name)
        }
        return
      default:
        cluster.fail(event === 'stall' ? { kind: 'stall', ms: 150 } : { kind: event }, { pod: 'web' }, 40)
    }
  }

  it(`loses and doubles nothing in ${CUTS} cuts of every kind, under load`, async () => {
    const { connection } = await openAs(cluster)
    const capture = ClusterCapture.create({
      connection,
      context: 'admin',
      targets: [{ kind: 'pod', namespace: 'default', pod: 'web' }],
      capture: { filter: 'udp port 9', snapLength: 1600 },
      container: DEFAULT_SETTINGS,
      debugNamespace: 'default',
      ledger: new Ledger(join(folder, 'ledger.jsonl')),
      file: join(folder, 'cuts.pcapng'),
    })
    const done = capture.run()
    while (capture.status.points[0]?.state !== 'capturing') await sleep(20)
    const traffic = await send({ perSecond: 3000, size: 400 })
    const counts = new Map<Event, { times: number; cuts: number }>()
    for (let i = 0; i < CUTS; i++) {
      const event = EVENTS[i % EVENTS.length] ?? 'cut'
      // Only bytes that flow can be cut.
      while (!cluster.streams.open.some(({ bytesSent }) => bytesSent > 0)) await sleep(5)
      const before = capture.status.points[0]?.cuts ?? 0
      await happen(event)
      await sleep(5 + ((i * 37) % 60))
      const count = counts.get(event) ?? { times: 0, cuts: 0 }
      count.times++
      count.cuts += (capture.status.points[0]?.cuts ?? 0) - before
      counts.set(event, count)
    }
    await sleep(500)
    const sent = await traffic.stop()
    await sleep(300)
    await capture.stop()
    const status = await done
    const { packets, rest } = readBlocks(status.file)
    const count = countSequence(packets.map(({ bytes }) => bytes))
    const rows = [...counts].map(
      ([event, { times, cuts }]) => `  ${event.padEnd(20)} ${String(times).padStart(4)} ${String(cuts).padStart(12)}`,
    )
    process.stdout.write(
      [
        '',
        `  ${'event'.padEnd(20)} times  connections lost`,
        ...rows,
        `  sent ${sent}, captured ${count.packets}, lost ${sent - count.distinct}, duplicated ${count.duplicated}, out of order ${count.outOfOrder}, damaged ${count.damaged}`,
        `  dropped by the kernel ${status.points[0]?.dropped}, given up by the ring ${status.points[0]?.lostBytes} bytes`,
        '',
      ].join('\n'),
    )
    expect(status).toMatchObject({ state: 'complete' })
    expect(status.points[0]).toMatchObject({ dropped: 0, lostBytes: 0 })
    expect(count).toMatchObject({ packets: sent, distinct: sent, missing: 0, duplicated: 0, outOfOrder: 0, damaged: 0 })
    expect(rest).toBe(0)
    expect(capture.status.points[0]?.cuts).toBeGreaterThan(CUTS / 2)
  })

  it('marks the exact gap when the ring is full, and goes on', async () => {
    await cluster.pod('default', 'busy', { nodeName: 'node-a' })
    const { connection } = await openAs(cluster)
    const capture = ClusterCapture.create({
      connection,
      context: 'admin',
      targets: [{ kind: 'pod', namespace: 'default', pod: 'busy' }],
      capture: { filter: 'udp port 9', snapLength: 1600 },
      container: { ...DEFAULT_SETTINGS, ringBytes: 16_000_000 },
      debugNamespace: 'default',
      ledger: new Ledger(join(folder, 'ledger.jsonl')),
      file: join(folder, 'gap.pcapng'),
    })
    const done = capture.run()
    while (capture.status.points[0]?.state !== 'capturing') await sleep(20)
    await sleep(300)
    // Nothing passes while more is captured than the ring holds.
    cluster.fail({ kind: 'stall', ms: 6000 }, { pod: 'busy' })
    const traffic = await startTraffic(cluster.container('default', 'busy', 'app'), target, {
      perSecond: 12_000,
      size: 1400,
      count: 36_000,
    })
    const sent = await traffic.stop()
    await sleep(1500)
    await capture.stop()
    const status = await done
    expect(status.state).toBe('incomplete')
    const { packets } = readBlocks(status.file)
    const count = countSequence(packets.map(({ bytes }) => bytes))
    const gaps = packets.flatMap(({ comment }) => comment ?? [])
    const lost = status.points[0]?.lostBytes ?? 0
    expect(lost).toBeGreaterThan(8_000_000)
    expect(gaps.join()).toContain('bytes of this point were lost')
    expect(count).toMatchObject({ duplicated: 0, damaged: 0, outOfOrder: 0 })
    expect(status.points[0]?.dropped).toBe(0)
    // Each datagram is 16 + 1442 bytes in tcpdump's file: the bytes that are said to be lost are those that are missing.
    const missing = sent - count.distinct
    expect(Math.abs(lost - missing * (16 + 14 + 20 + 8 + 1400))).toBeLessThan(100 * 24)
  })

  function cli(args: readonly string[], before: readonly string[] = []) {
    const env = {
      ...process.env,
      KUBECONFIG: cluster.kubeconfig(),
      HOPSCOPE_CONFIG: join(folder, 'config'),
      SHELL: '/bin/sh',
    }
    const [program = '', ...rest] = [...before, process.execPath, CLI, ...args]
    const child = spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (bytes: Buffer) => (said += bytes.toString()))
    return { child, ended: once(child, 'close').then(([code]) => ({ code: Number(code ?? 137), said })) }
  }

  it(`is resumed or closed, and swept, after each of ${KILLS} kills of the host`, async () => {
    const witness = await startWitness(app())
    onTestFinished(() => witness.stop())
    const traffic = await send({ perSecond: 1000, size: 400 })
    let resumed = 0
    let early = 0
    let unsent = 0
    for (let i = 0; i < KILLS; i++) {
      const file = join(folder, `kill-${i}.pcapng`)
      const manifest = join(`${file}.parts`, 'capture.json')
      const node = i % 4 === 3 ? ['--node', 'node-a', '--interface', 'cni0'] : ['web']
      const first = cli([
        'capture',
        ...node,
        '--filter',
        'udp port 9',
        '--snaplen',
        '1600',
        '--duration',
        '3s',
        '-o',
        file,
      ])
      // One in five before or while it prepares, the others at any moment of the capture.
      if (i % 5 === 4) await sleep(500 + ((i * 331) % 1500))
      else {
        while (!existsSync(manifest)) await sleep(10)
        await sleep((i * 487) % 2500)
      }
      first.child.kill('SIGKILL')
      await first.ended
      if (existsSync(manifest)) {
        // What is there can be read as it is.
        if (existsSync(file)) readBlocks(file)
        const { code, said } = await cli(['capture', '--resume', '-o', file]).ended
        expect([code, said]).toEqual([0, expect.stringContaining('packets')])
        const { packets, rest } = readBlocks(file)
        const from = packets.filter(begun(packets)).map(({ bytes }) => bytes)
        const count = countSequence(from)
        expect(count, said).toMatchObject({ duplicated: 0, outOfOrder: 0, damaged: 0 })
        // What the sender's kernel never sent is missing in no capture.
        const captured = new Set(numbersOf(from))
        const seen = numbersOf(await witness.packets()).filter((one) => one >= count.first && one <= count.last)
        expect(seen.length, said).toBeGreaterThanOrEqual(count.distinct)
        expect(
          seen.filter((one) => !captured.has(one)),
          said,
        ).toEqual([])
        unsent += count.missing
        expect(rest).toBe(0)
        resumed++
      } else early++
      const { code, said } = await cli(['sweep']).ended
      expect([code, said]).toEqual([0, expect.stringMatching(/removed|Nothing/)])
      const ours = cluster.findPod('default', 'web')?.spec.ephemeralContainers ?? []
      for (const { name } of ours) {
        await cluster.waitFor('default', 'web', ({ status }) =>
          (status?.ephemeralContainerStatuses ?? []).some((one) => one.name === name && one.state?.terminated),
        )
      }
      while (cluster.listPods('default').some(({ metadata }) => metadata.name.startsWith('hopscope-'))) await sleep(20)
    }
    await traffic.stop()
    process.stdout.write(
      `  ${KILLS} kills: ${resumed} resumed and whole, ${early} before anything was captured; swept ${KILLS} of ${KILLS}; ${unsent} datagrams that never left\n`,
    )
    expect(resumed).toBeGreaterThan(KILLS / 4)
  })

  it.each([
    ['full', 'mount -t tmpfs -o size=3m tmpfs "$1"', 1, /The disk is full: .* holds what was captured until then/],
    ['read-only', 'mount -t tmpfs -o ro tmpfs "$1"', 0, /can't be written: the file system is read-only/],
    // In blocks of 512 bytes; a FAT takes no file of more than 4 GiB, and says the same.
    ['narrow', 'ulimit -f 6144', 1, /has become as large as .* allows: .* holds what was captured until then/],
  ])('a disk that is %s: a clear error, and what was written can be read', async (what, setUp, some, words) => {
    const disk = join(folder, `disk-${what}`)
    const out = join(folder, `from-${what}.pcapng`)
    const traffic = await send({ perSecond: 4000, size: 1000 })
    // The disk is a mount of this one process' own, so that nothing of it can stay.
    const script = `mkdir -p "$1" && ${setUp} && out=$2 && file=$1/c.pcapng && shift 2 && "$@"; code=$?; cp "$file" "$out" 2>/dev/null; exit $code`
    const inMount = ['unshare', '--mount', 'sh', '-c', script, 'sh', disk, out]
    const args = [
      'capture',
      'web',
      '--filter',
      'udp port 9',
      '--snaplen',
      '1600',
      '--duration',
      '20s',
      '-o',
      join(disk, 'c.pcapng'),
    ]
    const { code, said } = await cli(args, inMount).ended
    await traffic.stop()
    expect(code).toBe(1)
    expect(said).toMatch(words)
    if (some) {
      const { packets, rest } = readBlocks(out)
      expect(rest).toBe(0)
      expect(packets.length).toBeGreaterThan(100)
      expect(countSequence(packets.map(({ bytes }) => bytes))).toMatchObject({
        duplicated: 0,
        outOfOrder: 0,
        damaged: 0,
      })
    }
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(disk)
  })
})
