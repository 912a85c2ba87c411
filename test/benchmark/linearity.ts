import { rmSync } from 'node:fs'
import { type BenchmarkCapture, ensureCapture, scaled } from './captures.ts'
import { ANALYZE } from './contestants.ts'
import { measure } from './measure.ts'

export interface Point {
  readonly packets: number
  readonly conversations: number
  readonly cpuSeconds: number
  readonly peakBytes?: number
}

export interface Linearity {
  /** Ever more packets, a hundred a conversation. */
  readonly byPackets: readonly Point[]
  /** A million packets in ever more conversations; the last two have eight packets a conversation, so more than a million. */
  readonly byConversations: readonly Point[]
}

const PACKETS = [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000]
const CONVERSATIONS = [10, 100, 1_000, 10_000, 100_000, 300_000, 1_000_000]
/** Packets of a connection that asks once. */
const SHORTEST = 8

/** What analyze costs as captures grow. */
export async function measureLinearity(folder: string, runs: number): Promise<Linearity> {
  const byPackets = await series(
    folder,
    runs,
    PACKETS.map((packets) => scaled(packets, packets / 100)),
  )
  const byConversations = await series(
    folder,
    runs,
    CONVERSATIONS.map((conversations) => scaled(Math.max(1_000_000, SHORTEST * conversations), conversations)),
  )
  return { byPackets, byConversations }
}

async function series(folder: string, runs: number, captures: readonly BenchmarkCapture[]): Promise<Point[]> {
  const points: Point[] = []
  for (const capture of captures) {
    const { file, packets, conversations } = ensureCapture(folder, capture)
    let best = await measure(ANALYZE.command, ANALYZE.args(file))
    for (let run = 1; run < runs; run++) {
      const again = await measure(ANALYZE.command, ANALYZE.args(file))
      if (again.cpuSeconds < best.cpuSeconds) best = again
    }
    const { cpuSeconds, peakBytes } = best
    points.push({ packets, conversations, cpuSeconds, ...(peakBytes !== undefined && { peakBytes }) })
    console.log(
      `  ${String(packets).padStart(9)} packets ${String(conversations).padStart(8)} conversations ${cpuSeconds.toFixed(2).padStart(7)} s ${((cpuSeconds / packets) * 1e9).toFixed(0).padStart(6)} ns a packet`,
    )
    // They are many gigabytes together and quickly made.
    rmSync(file)
  }
  return points
}
