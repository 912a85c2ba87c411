import type { Limits } from '../../engine/engine.ts'
import { UsageError } from './command.ts'

/** Option of the commands that can end reading after some packets. */
export const LIMIT_OPTIONS = { 'max-packets': { type: 'string' } } as const

export const LIMIT_USAGE = '[--max-packets N]'

export const LIMIT_HELP = `  --max-packets N
              read the first N packets only; without, as many as fit in about half of this machine's memory.
              What was left out is said (JSON: facts.unread).`

/** The limit that was asked for, if any, as an option of the reading. Throws UsageError. */
export function limitOption({ 'max-packets': packets }: { readonly 'max-packets'?: string | undefined }): {
  readonly limits?: Limits
} {
  if (packets === undefined) return {}
  if (!/^[1-9]\d{0,9}$/.test(packets))
    throw new UsageError(`--max-packets needs a number of packets, not "${packets}".`)
  return { limits: { packets: Number(packets) } }
}
