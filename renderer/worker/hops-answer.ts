import { type Engine, hopsOf, type Loss } from '../../engine/engine.ts'
import type { HopEnd, HopLoss, HopsAnswer } from './engine-service.ts'

/** Joining takes some three seconds for a million packets, in which nothing else is answered. */
const MOST_PACKETS = 2_000_000

/** Where segments died between the capture's points. Throws for so many packets that the window would wait. */
export function hopsAnswer(engine: Engine, most: number): HopsAnswer {
  if (engine.packets.rows > MOST_PACKETS) {
    throw new Error(
      `Hops are followed in captures of up to ${MOST_PACKETS / 1e6} million packets. Read a part of this one (Shift+P), or ask \`hopscope hops\`.`,
    )
  }
  const { points, hops, losses, connections } = hopsOf([{ name: '', tables: engine }])
  return {
    points: points.map(({ name }) => name),
    hops,
    losses: losses.slice(0, most).map((loss) => lossOf(engine, loss)),
    lost: losses.length,
    connections,
  }
}

function lossOf({ conversations }: Engine, loss: Loss): HopLoss {
  const { hop, kind, row, time, bytes, conversation: id, toA, again, againAfterNs } = loss
  const end = (b: boolean): HopEnd => ({
    address: conversations.addressText(id, b),
    port: (b ? conversations.portB : conversations.portA)[id],
  })
  const stream = conversations.stream[id]
  return { hop, kind, row, time, bytes, stream, from: end(toA), to: end(!toA), again, againAfterNs }
}
