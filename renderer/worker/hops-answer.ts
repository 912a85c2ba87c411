import {
  clockSentences,
  type Engine,
  hopSentences,
  hopsOf,
  limitSentences,
  type Loss,
  nothingText,
  packetTexts,
  type SeenPacket,
  transportName,
} from '../../engine/engine.ts'
import type { HopEnd, HopPacket, HopsAnswer } from './engine-service.ts'

/** Joining takes some three seconds for a million packets, in which nothing else is answered. */
const MOST_PACKETS = 2_000_000

type Amiss = SeenPacket &
  Pick<HopPacket, 'fate' | 'place'> &
  Pick<Loss, 'kind' | 'dns'> &
  Partial<Pick<Loss, 'bytes' | 'againAfterNs'> & Pick<HopPacket, 'says'>>

/** What became of packets between the capture's points. Throws for so many packets that the window would wait. */
export function hopsAnswer(engine: Engine, most: number): HopsAnswer {
  if (engine.packets.rows > MOST_PACKETS) {
    throw new Error(
      `Hops are followed in captures of up to ${MOST_PACKETS / 1e6} million packets. Read a part of this one (Shift+P), or ask \`hopscope hops\`.`,
    )
  }
  const report = hopsOf([{ name: '', tables: engine }])
  const sentences = hopSentences(report)
  const { points, hops, losses, made, rejections, unanswered } = report
  const all: Amiss[] = [
    ...losses.map((loss) => ({ ...loss, fate: 'lost' as const, place: loss.hop })),
    ...made.map((reset) => ({
      ...reset,
      fate: 'made' as const,
      place: reset.hop,
      kind: 'reset' as const,
      dns: undefined,
    })),
    ...rejections.map((each) => ({
      ...each,
      ...(each.hop === undefined
        ? { fate: 'rejected behind' as const, place: each.point }
        : { fate: 'rejected' as const, place: each.hop }),
      says: each.error.says === undefined ? `a reset in the name of ${each.error.by}` : `ICMP ${each.error.says}`,
    })),
    ...unanswered.map((query) => ({
      ...query,
      fate: 'unanswered' as const,
      place: query.point,
      kind: 'datagram' as const,
      dns: 'query' as const,
    })),
  ]
  const shown = all.sort((a, b) => a.time - b.time).slice(0, most)
  const texts = packetTexts(shown)
  return {
    points: points.map(({ name }) => name),
    hops,
    sentences: sentences.length === 0 ? [nothingText(report)] : sentences,
    clocks: clockSentences(report),
    limits: limitSentences(report),
    nothing: titleOf(nothingText(report)),
    nothingOn: report.hops.map((hop) => titleOf(nothingText(report, hop))),
    packets: shown.map((packet) => packetOf(engine, packet, texts.get(packet) ?? '')),
    amiss: all.length,
  }
}

/** Without the full stop. */
const titleOf = (sentence: string): string => sentence.slice(0, -1)

function packetOf({ conversations }: Engine, packet: Amiss, what: string): HopPacket {
  const { fate, place, says, row, time, bytes = 0, conversation: id, toA, againAfterNs } = packet
  const end = (b: boolean): HopEnd => ({
    address: conversations.addressText(id, b),
    port: (b ? conversations.portB : conversations.portA)[id],
  })
  const [stream, transport] = [conversations.stream[id], transportName(conversations, id)]
  return { fate, place, says, what, transport, row, time, bytes, stream, from: end(toA), to: end(!toA), againAfterNs }
}
