import type { CaptureInterface, CaptureSection, InterfaceStatistics } from '../../common/model/capture.ts'
import { i64, u64 } from './bytes.ts'
import { OPTION } from './pcapng-format.ts'
import type { OptionCursor } from './pcapng-options.ts'
import { withoutKeys } from './key-log.ts'
import { TimestampClock } from './timestamp-clock.ts'

// What the options of the descriptive blocks say. Options of a wrong length are passed over.

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

export function readSection(options: OptionCursor): CaptureSection {
  const comments: string[] = []
  const section: Writable<CaptureSection> = {
    byteOrder: options.bigEndian ? 'big-endian' : 'little-endian',
    comments,
  }
  while (options.next()) {
    if (options.code === OPTION.comment) comments.push(withoutKeys(options.text()))
    else if (options.code === OPTION.section.hardware) section.hardware = options.text()
    else if (options.code === OPTION.section.os) section.os = options.text()
    else if (options.code === OPTION.section.application) section.application = options.text()
  }
  return section
}

/** The interface, and its clock, which is absent when the resolution is too fine for 64 bits to hold a single second. */
export function readInterface(
  options: OptionCursor,
  id: number,
  linkType: number,
  snapLength: number,
): { readonly description: CaptureInterface; readonly clock?: TimestampClock } {
  const comments: string[] = []
  const description: Partial<Writable<CaptureInterface>> = {}
  let resolution = 6
  let offset = 0n
  while (options.next()) {
    const { code, at, length, bytes } = options
    if (code === OPTION.comment) comments.push(withoutKeys(options.text()))
    else if (code === OPTION.interface.name) description.name = options.text()
    else if (code === OPTION.interface.description) description.description = options.text()
    else if (code === OPTION.interface.os) description.os = options.text()
    else if (code === OPTION.interface.hardware) description.hardware = options.text()
    else if (code === OPTION.interface.filter && length > 0) {
      // The first octet says what follows: 0 = the filter's text, 1 = its program.
      options.at++
      options.length--
      description.filter = bytes[at] === 0 ? options.text() : '(a filter program)'
    } else if (code === OPTION.interface.resolution && length === 1) resolution = bytes[at]
    else if (code === OPTION.interface.offset && length === 8) offset = i64(bytes, at, options.bigEndian)
    else if (code === OPTION.interface.fcsLength && length === 1) description.fcsLength = bytes[at]
  }
  const possible = (resolution & 0x7f) <= (resolution & 0x80 ? 63 : 19)
  const clock = possible ? new TimestampClock(resolution, offset) : undefined
  return {
    description: {
      ...description,
      id,
      linkType,
      snapLength,
      ticksPerSecond: clock?.ticksPerSecond ?? 0,
      offsetSeconds: Number(offset),
      comments,
    },
    ...(clock && { clock }),
  }
}

/** The counts, and what is said besides. */
export function readStatistics(options: OptionCursor): {
  readonly statistics: InterfaceStatistics
  readonly comments: readonly string[]
} {
  const statistics: Writable<InterfaceStatistics> = {}
  const comments: string[] = []
  while (options.next()) {
    if (options.code === OPTION.comment) comments.push(withoutKeys(options.text()))
    if (options.length !== 8) continue
    const count = u64(options.bytes, options.at, options.bigEndian)
    switch (options.code) {
      case OPTION.statistics.received:
        statistics.received = count
        break
      case OPTION.statistics.dropped:
        statistics.dropped = count
        break
      case OPTION.statistics.filterAccepted:
        statistics.filterAccepted = count
        break
      case OPTION.statistics.osDropped:
        statistics.osDropped = count
        break
      case OPTION.statistics.delivered:
        statistics.delivered = count
    }
  }
  return { statistics, comments }
}
