import type { CapturePointStatus } from '../../../common/model/cluster-capture.ts'
import type { LiveCapture } from '../../../common/model/live-capture.ts'
import { formatBytes, formatCounted, formatTimeOfDay, type Zone } from '../../components/format.ts'

/** What the strip says of a capture as a whole: sums over its points. */
export interface LiveNumbers {
  readonly packets: number
  readonly bytes: number
  readonly packetsPerSecond: number
  readonly bytesPerSecond: number
  /** Packets that the kernel dropped because tcpdump was too slow; undefined until tcpdump has said so. */
  readonly dropped: number | undefined
  /** Bytes that the ring in the pod gave up before they were fetched. */
  readonly lostBytes: number
  /** Bytes that are still to be fetched from pods where capturing ends. */
  readonly leftBytes: number
  readonly cuts: number
  /** Milliseconds since the pod that was heard longest ago was heard. */
  readonly quietMs: number
  readonly live: number
}

export function liveNumbers({ points, health, packets, bytes }: LiveCapture, now: number): LiveNumbers {
  const sum = (of: readonly (number | undefined)[]) => of.reduce<number>((total, one) => total + (one ?? 0), 0)
  const told = points.filter(({ dropped }) => dropped !== undefined)
  const heard = points.flatMap(({ heardAt, state }) =>
    heardAt !== undefined && (state === 'capturing' || state === 'reconnecting') ? [heardAt] : [],
  )
  return {
    packets,
    bytes,
    packetsPerSecond: sum(health.map(({ packetsPerSecond }) => packetsPerSecond)),
    bytesPerSecond: sum(health.map(({ bytesPerSecond }) => bytesPerSecond)),
    dropped: told.length === 0 ? undefined : sum(told.map(({ dropped }) => dropped)),
    lostBytes: sum(points.map(({ lostBytes }) => lostBytes)),
    leftBytes: sum(points.map(({ leftBytes }) => leftBytes)),
    cuts: sum(points.map(({ cuts }) => cuts)),
    quietMs: heard.length === 0 ? 0 : Math.max(0, now - Math.min(...heard)),
    live: points.filter(({ state }) => state === 'capturing').length,
  }
}

export function stateText({ state, points }: LiveCapture, { live }: LiveNumbers): string {
  switch (state) {
    case 'preparing':
      return 'Getting ready'
    case 'capturing':
      return live === points.length ? 'Capturing' : `Capturing at ${live} of ${points.length} points`
    case 'stopping':
      return 'Stopping: fetching the rest'
    case 'complete':
      return 'Complete: every byte is here, checked'
    case 'incomplete':
      return 'Incomplete'
    case 'failed':
      return 'Failed'
  }
}

/** How long it has lasted, and until it stops by itself. */
export function timesText({ startedAt, endedAt, endsAt, state }: LiveCapture, now: number): string {
  const lasted = clockText((endedAt ?? now) - startedAt)
  return endsAt === undefined || state === 'stopping' ? lasted : `${lasted}, ${clockText(endsAt - now)} left`
}

export const pointName = ({ namespace, pod, node }: CapturePointStatus): string =>
  pod === undefined ? `node ${node}` : `${namespace}/${pod}`

/** The one thing to know of it now: what is wrong, at which point; else where it captures. */
export function liveWord(
  capture: LiveCapture,
  zone: Zone,
): { readonly tone: 'bad' | 'silent' | 'calm'; readonly text: string } {
  const { points, health, message } = capture
  const over = capture.endedAt !== undefined
  const told = points.filter((point) => point.message !== undefined)
  if (over && message !== undefined && !told.some((point) => message.endsWith(point.message ?? ''))) {
    return { tone: 'bad', text: message }
  }
  const more = (count: number) => (count > 1 ? ` (And ${formatCounted(count - 1, 'more point')}.)` : '')
  const [first] = told
  if (first) {
    const tone = first.state === 'preparing' ? 'calm' : 'bad'
    return { tone, text: `${pointName(first)}: ${first.message}${more(told.length)}` }
  }
  const last = points
    .flatMap(({ events }) => events ?? [])
    .toSorted((a, b) => a.at - b.at)
    .at(-1)
  if (last) return { tone: 'bad', text: `${formatTimeOfDay(last.at, zone)} ${last.text}` }
  const silent = health.filter(({ silentSince }) => silentSince !== undefined)
  const quiet = points.find(({ id }) => id === silent[0]?.id)
  if (!over && silent[0] && quiet) {
    const text = `${pointName(quiet)}: no packet since ${formatTimeOfDay(silent[0].silentSince ?? 0, zone)}. ${silent[0].whySilent.join(' ')}`
    return { tone: 'silent', text: `${text}${more(silent.length)}` }
  }
  const places = points.map((point) => [pointName(point), point.interface].filter(Boolean).join(' '))
  return { tone: 'calm', text: places.join(', ') }
}

/** Whether it was taken up again after a cut shows in the point's state: what is wrong now is its message. */
export function cutsText({ cuts, message }: CapturePointStatus): string {
  const counted = formatCounted(cuts, 'cut')
  return message === undefined ? `${counted} of the connection, taken up again` : `${counted} of the connection`
}

/** "3.2 MB, about 0:40" by the rate of now; without a time where nothing comes. */
export function leftText({ leftBytes, bytesPerSecond }: LiveNumbers): string {
  const time = bytesPerSecond > 0 ? `, about ${clockText((leftBytes / bytesPerSecond) * 1000)}` : ''
  return `${formatBytes(leftBytes)}${time}`
}

/** "1:05" */
export function clockText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}
