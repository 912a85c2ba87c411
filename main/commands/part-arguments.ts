import type { CaptureMoment, CapturePart } from '../../common/model/capture.ts'
import { UsageError } from './command.ts'

/** Options of the commands that can look at a part of a capture. */
export const PART_OPTIONS = {
  frames: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
} as const

export const PART_USAGE = '[PART]'

export const PART_HELP = `
PART is which part of the capture is looked at; without it, all of it:
  --frames A-B    only these frames, numbered as in the file: 1000-2000, 1000- to the end, -2000 from the start
  --from TIME --to TIME
                  only the part from the first frame at FROM or later up to the first one at TO or later, in the order of the
                  file; one of them is enough. TIME is seconds since the first frame (12.5) or a date with time
                  (2026-03-01T14:05:00.25Z or +01:00; without either it is this machine's time).
                  What is in front of a part is passed over without decoding. Frame numbers and times stay those of the
                  file; streams are numbered within the part, and what began before it is seen from its middle.`

interface PartWords {
  readonly frames?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** The part that was asked for, if any, as an option of the reading. Throws UsageError. */
export function partOption(words: PartWords): { readonly part?: CapturePart } {
  const part = partOf(words)
  return part ? { part } : {}
}

function partOf({ frames, from, to }: PartWords): CapturePart | undefined {
  if (frames !== undefined) {
    if (from !== undefined || to !== undefined) throw new UsageError('choose --frames, or --from and --to.')
    return framesOf(frames)
  }
  if (from === undefined && to === undefined) return undefined
  const part: CapturePart = {
    ...(from !== undefined && { from: momentOf('--from', from) }),
    ...(to !== undefined && { to: momentOf('--to', to) }),
  }
  if (part.from && part.to && !inOrder(part.from, part.to))
    throw new UsageError(`--from ${from} is not before --to ${to}.`)
  return part
}

function framesOf(text: string): CapturePart {
  const [, first = '', last = ''] = /^(\d{0,15})-(\d{0,15})$/.exec(text) ?? []
  if (first === '' && last === '')
    throw new UsageError(`--frames takes frame numbers as in 1000-2000, 1000- or -2000, not "${text}".`)
  const firstFrame = first === '' ? 1 : Number(first)
  const lastFrame = last === '' ? undefined : Number(last)
  if (firstFrame < 1) throw new UsageError('--frames: the first frame of a capture is 1.')
  if (lastFrame !== undefined && lastFrame < firstFrame)
    throw new UsageError(`--frames ${text}: ${firstFrame} is behind ${lastFrame}.`)
  return { firstFrame, ...(lastFrame !== undefined && { lastFrame }) }
}

const DATE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/

function momentOf(option: string, text: string): CaptureMoment {
  if (/^\d{1,10}(\.\d{1,9})?$/.test(text)) return { since: Math.round(Number(text) * 1e9) }
  const [, day, time, fraction = '', zone = ''] = DATE.exec(text) ?? []
  const ms = day === undefined ? NaN : Date.parse(`${day}T${time}${zone}`)
  if (Number.isNaN(ms)) {
    throw new UsageError(
      `${option} takes seconds since the first frame (12.5) or a date with time (2026-03-01T14:05:00Z), not "${text}".`,
    )
  }
  return { at: String(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))) }
}

/** What can only be compared when the capture is read counts as in order. */
function inOrder(from: CaptureMoment, to: CaptureMoment): boolean {
  if ('since' in from) return !('since' in to) || from.since < to.since
  return 'since' in to || BigInt(from.at) < BigInt(to.at)
}
