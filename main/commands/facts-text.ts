import { partText } from '../../engine/capture.ts'
import type { CaptureFacts } from '../../engine/engine.ts'
import { printable, printableLines } from './conversation-table.ts'
import { unreadText } from './read-capture.ts'
import { bytesText, countText, durationText, shareText } from './text.ts'

export interface FactsOfFile {
  /** How the file is called. */
  readonly file: string
  readonly facts: CaptureFacts
  /** How many there are. */
  readonly conversations: number
}

/** What the capture holds, and what of it could not be read. */
export function factsText({ file, facts, conversations }: FactsOfFile): string {
  const packed = facts.compression === 'none' ? '' : `, ${facts.compression}`
  const lines = [`${file}: ${facts.format ?? 'unknown format'}${packed}, ${bytesText(facts.bytesRead)}`]
  if (facts.damage) lines.push(`DAMAGED at byte ${facts.damage.offset}; read up to there. ${facts.damage.reason}`)
  const unread = unreadText(facts)
  if (unread !== undefined) lines.push(`IN PART: ${unread}`)
  if (facts.part) lines.push(`only ${partText(facts)}`)
  lines.push(
    `${countText(facts.packets, 'packet')}, ${bytesText(facts.wireBytes)} on the wire, ${countText(conversations, 'conversation')}`,
  )
  if (facts.epochNs !== undefined) {
    const start = timeText(BigInt(facts.epochNs) + BigInt(facts.firstTime))
    lines.push(`from ${start}, for ${durationText((facts.lastTime - facts.firstTime) / 1e6)}`)
  }
  const names = facts.interfaces.flatMap(({ name }) => (name === undefined ? [] : [printable(name)]))
  if (facts.interfaces.length > 1) {
    lines.push(`${facts.interfaces.length} interfaces${names.length > 0 ? `: ${names.join(', ')}` : ''}`)
  }
  for (const { id, name, statistics } of facts.interfaces) {
    const drops = (statistics?.dropped ?? 0) + (statistics?.osDropped ?? 0)
    if (drops === 0) continue
    const where = printable(name ?? String(id))
    lines.push(`interface ${where} dropped ${countText(drops, 'packet')} while capturing: some gaps are the capture's`)
  }
  if (facts.cutPackets > 0) {
    lines.push(
      `${countText(facts.cutPackets, 'packet')} (${shareText(facts.cutPackets, facts.packets)}) cut by the snap length`,
    )
  }
  for (const comment of facts.comments) lines.push(`comment: ${printableLines(comment, '         ')}`)
  return lines.join('\n')
}

function timeText(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n))
  return Number.isNaN(date.getTime()) ? `${ns} ns after 1970` : date.toISOString()
}
