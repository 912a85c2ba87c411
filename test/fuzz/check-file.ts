import { Engine, framesTable } from '../../engine/engine.ts'
import type { Random } from './random.ts'

/**
 * Throws when the engine does, or when what it makes of a file depends on the sizes of the pieces it comes in. After each piece
 * it is asked for its facts, as a view would.
 */
export function checkFile(file: Uint8Array, random: Random): void {
  const whole = new Engine()
  whole.push(file)
  whole.finish()
  const pieces = new Engine()
  // One buffer for all pieces, overwritten each time: nothing may be kept by reference.
  const buffer = new Uint8Array(file.length)
  const largest = random.pick([1, 3, 16, 100, 1500, 4096])
  for (let at = 0; at < file.length;) {
    const size = Math.min(file.length - at, random.below(largest + 1) + (largest === 1 ? 0 : 1))
    buffer.fill(0xa5)
    buffer.set(file.subarray(at, at + size))
    pieces.push(buffer.subarray(0, size))
    at += size
    if (random.once(40)) pieces.facts()
  }
  pieces.finish()
  if (whole.facts().compression !== 'none' && whole.damaged) return alikeUpToDamage(whole, pieces)
  if (random.once(3)) ask(whole)
  same('facts', facts(whole), facts(pieces))
  same('frames', table(whole), table(pieces))
}

/** What a view asks when the file is read. */
function ask(engine: Engine): void {
  const { firstTime, lastTime } = engine.facts()
  const { packets } = engine.lanes(firstTime, lastTime + 1, 30)
  const counted = packets.reduce((sum, count) => sum + count, 0)
  // Times are exact within 104 days; a damaged file may span millennia.
  if (lastTime - firstTime < 2 ** 53 && counted !== engine.packets.rows) {
    throw new Error(`the lanes have ${counted} of ${engine.packets.rows} packets`)
  }
  const rows = engine.conversationRows(engine.conversationOrder('harmMs', true))
  const harmed = rows.find(({ harmMs }) => !(harmMs >= 0 && harmMs < Infinity))
  if (harmed) throw new Error(`conversation ${harmed.id} lost ${harmed.harmMs} ms`)
}

/** A decompressor tells of damage in a piece before it has given all that stands in front of it: the rows in common are the same. */
function alikeUpToDamage(whole: Engine, pieces: Engine): void {
  if (!pieces.damaged) throw new Error('damage is found in the whole file and not in its pieces')
  const rows = Math.min(whole.packets.rows, pieces.packets.rows)
  // The columns that no later packet of the conversation changes.
  const early = (line: string) => line.split('\t').slice(0, 14).join('\t')
  const first = (engine: Engine) =>
    table(engine)
      .split('\n', rows + 1)
      .map(early)
      .join('\n')
  same('frames', first(whole), first(pieces))
}

const table = (engine: Engine) => [...framesTable(engine)].join('')

/** But for the bytes taken in: after damage the rest of a piece counts, and no later piece. */
function facts(engine: Engine): string {
  return JSON.stringify({ ...engine.facts(), bytesRead: 0 })
}

function same(what: string, whole: string, pieces: string): void {
  if (whole === pieces) return
  let at = 0
  while (whole[at] === pieces[at]) at++
  const near = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 80), at + 80))
  throw new Error(`${what} differ by how the file is cut into pieces:\n whole  ${near(whole)}\n pieces ${near(pieces)}`)
}
