import type { CaptureFacts } from './answers.ts'
import { nsText } from './findings/words.ts'

/** Of a part of a capture, which: "frames 1001 to 2000, from 12.0 s after the first frame". */
export function partText({ part, packets, firstTime }: CaptureFacts): string {
  const before = part?.before ?? 0
  return `frames ${before + 1} to ${before + packets}, from ${nsText(firstTime)} after the first frame`
}
