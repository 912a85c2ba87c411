import type { ConversationSort, FollowFormat, FollowSide, SortKey } from '../../engine/engine.ts'
import type { CaptureMoment, CapturePart } from '../../common/model/capture.ts'
import type { PacketOrder } from '../worker/engine-service.ts'

/** Half-open span of capture time, nanoseconds since the capture's epoch. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

export interface Sort {
  readonly key: ConversationSort
  readonly descending: boolean
}

/** What is looked at. All of it is in the URL, so that a link or a reload shows the same. */
export interface View {
  /** What is open: a capture of the host's, a built-in sample, or a file that only this window has. */
  readonly capture?: CaptureRef | undefined
  /** What is read of it; all without. Times count from its first packet. */
  readonly part?: CapturePart | undefined
  readonly filter: string
  /** The selected time range: filters everything below the time axis. */
  readonly range?: TimeRange | undefined
  /** The part of the time axis on screen, when not all of it. */
  readonly zoom?: TimeRange | undefined
  readonly conversation?: number | undefined
  /** The selected packet: its row in the file, and within the workspace in what is read of it (see part-view.ts). */
  readonly row?: number | undefined
  /** The packet from which times of packets are counted, as `row`; from the first without. */
  readonly reference?: number | undefined
  readonly sort: Sort
  /** How the packets are listed; in the order of the file without. */
  readonly order?: PacketOrder | undefined
  /** What the time axis shows the latency of, by its measure's name; of round trips without. Stays when another capture is opened. */
  readonly latency?: string | undefined
  /** What the latency pane shows, by its measure's name; what is felt most without. */
  readonly measure?: string | undefined
  /** How the latency pane shows times; as a heat map without. */
  readonly times?: TimesForm | undefined
  /** How its list of requests or pairs is sorted, by a column's name; the slowest first without. */
  readonly timesSort?: { readonly key: string; readonly descending: boolean } | undefined
  /** Which of the lists is shown; without, the findings where there are any, else the conversations. */
  readonly list?: ListTab | undefined
  /** The finding that is looked at, by its id; the first without. */
  readonly finding?: string | undefined
  /** The capture that is compared with; two times of the open one without. */
  readonly against?: CaptureRef | undefined
  /** The note that is looked at, by its id; the first without. */
  readonly note?: string | undefined
  /** What the lower pane shows; the packets without. */
  readonly detail?: DetailTab | undefined
  /** Which end's bytes are followed or drawn; both, or the one's of which there is more to see, without. */
  readonly side?: FollowSide | undefined
  /** How they are shown; as text without. */
  readonly format?: FollowFormat | undefined
  /** Which of a conversation's graphs is shown; all without. */
  readonly plot?: PlotName | undefined
  /** The part of the conversation's time that its graphs show, when not all of it. */
  readonly span?: TimeRange | undefined
  /** Where one is while no capture is open; the start without. */
  readonly screen?: ScreenName | undefined
  /** Which cluster is looked at, by its context. */
  readonly context?: string | undefined
  /** Which of its namespaces; all without. */
  readonly namespace?: string | undefined
  /** Which of its lists; the pods without. */
  readonly place?: PlaceTab | undefined
}

/** The panes that share the upper place. One line here and one in workspace.tsx for another. */
export const LIST_TABS = ['findings', 'conversations', 'latency', 'notes', 'compare', 'hops'] as const
export type ListTab = (typeof LIST_TABS)[number]

/** The panes that share the lower place. */
export const DETAIL_TABS = ['packets', 'graph', 'ladder', 'follow'] as const
export type DetailTab = (typeof DETAIL_TABS)[number]

const PLOTS = ['all', 'sequence', 'rtt', 'throughput', 'window'] as const
export type PlotName = (typeof PLOTS)[number]
/** Times over time, the requests behind them, or round trips of pairs of addresses. */
const TIMES_FORMS = ['map', 'requests', 'pairs'] as const
export type TimesForm = (typeof TIMES_FORMS)[number]
const SIDES = ['client', 'server'] as const satisfies readonly FollowSide[]
const FORMATS = ['text', 'hex', 'raw'] as const satisfies readonly FollowFormat[]

const SCREENS = ['start', 'cluster'] as const
export type ScreenName = (typeof SCREENS)[number]

/** The lists of a cluster's screen. */
export const PLACE_TABS = ['pods', 'workloads', 'services', 'nodes', 'captures', 'left'] as const
export type PlaceTab = (typeof PLACE_TABS)[number]

export type CaptureRef =
  | { readonly kind: 'host'; readonly id: string }
  | { readonly kind: 'sample'; readonly name: string }
  | { readonly kind: 'dropped'; readonly name: string }

export const START_VIEW: View = { filter: '', sort: { key: 'harmMs', descending: true } }

const SORT_KEYS = {
  harmMs: true,
  id: true,
  addressA: true,
  addressB: true,
  firstTime: true,
  packetsAB: true,
  bytesAB: true,
  retransmissions: true,
  resets: true,
  outOfOrder: true,
  zeroWindows: true,
  initialRttNs: true,
  toClient: true,
  toServer: true,
} satisfies Record<ConversationSort, true>

const ORDER_KEYS = {
  frame: true,
  time: true,
  source: true,
  destination: true,
  protocol: true,
  length: true,
  info: true,
} satisfies Record<SortKey, true>

/** The view as URL search parameters, in a fixed order and only where it differs from the start. */
export function viewToSearch(view: View): string {
  const search = new URLSearchParams()
  const { capture, sort } = view
  if (capture?.kind === 'host') search.set('capture', capture.id)
  if (capture?.kind === 'sample') search.set('sample', capture.name)
  if (capture?.kind === 'dropped') search.set('file', capture.name)
  if (view.part) search.set('part', partText(view.part))
  if (view.filter) search.set('filter', view.filter)
  if (view.range) search.set('range', rangeText(view.range))
  if (view.zoom) search.set('zoom', rangeText(view.zoom))
  if (view.conversation !== undefined) search.set('conversation', String(view.conversation))
  if (view.row !== undefined) search.set('frame', String(view.row + 1))
  if (view.reference !== undefined) search.set('reference', String(view.reference + 1))
  if (sort.key !== START_VIEW.sort.key || !sort.descending) search.set('sort', (sort.descending ? '-' : '') + sort.key)
  if (view.order) search.set('order', (view.order.descending ? '-' : '') + view.order.key)
  if (view.latency) search.set('latency', view.latency)
  if (view.measure) search.set('measure', view.measure)
  if (view.times && view.times !== TIMES_FORMS[0]) search.set('times', view.times)
  if (view.timesSort) search.set('timesort', (view.timesSort.descending ? '-' : '') + view.timesSort.key)
  if (view.list) search.set('list', view.list)
  if (view.finding) search.set('finding', view.finding)
  if (view.against) search.set('against', refText(view.against))
  if (view.note) search.set('note', view.note)
  if (view.detail && view.detail !== DETAIL_TABS[0]) search.set('detail', view.detail)
  if (view.side) search.set('side', view.side)
  if (view.format && view.format !== FORMATS[0]) search.set('format', view.format)
  if (view.plot && view.plot !== PLOTS[0]) search.set('plot', view.plot)
  if (view.span) search.set('span', rangeText(view.span))
  if (view.screen && view.screen !== SCREENS[0]) search.set('screen', view.screen)
  if (view.context) search.set('context', view.context)
  if (view.namespace) search.set('namespace', view.namespace)
  if (view.place && view.place !== PLACE_TABS[0]) search.set('place', view.place)
  const text = search.toString()
  return text && `?${text}`
}

/** What a URL says, ignoring what it says wrongly. */
export function viewFromSearch(text: string): View {
  const search = new URLSearchParams(text)
  const host = search.get('capture')
  const sample = search.get('sample')
  const file = search.get('file')
  const capture: CaptureRef | undefined = host
    ? { kind: 'host', id: host }
    : sample
      ? { kind: 'sample', name: sample }
      : file
        ? { kind: 'dropped', name: file }
        : undefined
  const against = readRef(search.get('against'))
  const part = readPart(search.get('part'))
  const range = readRange(search.get('range'))
  const zoom = readRange(search.get('zoom'))
  const conversation = readCount(search.get('conversation'))
  const frame = readCount(search.get('frame'))
  const reference = readCount(search.get('reference'))
  const order = readOrder(search.get('order'))
  const latency = readMeasure(search.get('latency'))
  const measure = readMeasure(search.get('measure'))
  const times = readOneOf(TIMES_FORMS, search.get('times'))
  const [, descending, key] = /^(-?)([a-zA-Z][a-zA-Z0-9 ]{0,29})$/.exec(search.get('timesort') ?? '') ?? []
  const list = readOneOf(LIST_TABS, search.get('list'))
  const detail = readOneOf(DETAIL_TABS, search.get('detail'))
  const side = readOneOf(SIDES, search.get('side'))
  const format = readOneOf(FORMATS, search.get('format'))
  const plot = readOneOf(PLOTS, search.get('plot'))
  const span = readRange(search.get('span'))
  const screen = readOneOf(SCREENS, search.get('screen'))
  const context = search.get('context')
  const namespace = search.get('namespace')
  const place = readOneOf(PLACE_TABS, search.get('place'))
  return {
    ...(capture && { capture }),
    ...(part && { part }),
    filter: search.get('filter') ?? '',
    ...(range && { range }),
    ...(zoom && { zoom }),
    ...(conversation !== undefined && { conversation }),
    ...(frame !== undefined && frame > 0 && { row: frame - 1 }),
    ...(reference !== undefined && reference > 0 && { reference: reference - 1 }),
    sort: readSort(search.get('sort')),
    ...(order && { order }),
    ...(latency && { latency }),
    ...(measure && { measure }),
    ...(times && { times }),
    ...(key && { timesSort: { key, descending: descending === '-' } }),
    ...(list && { list }),
    ...(search.get('finding') && { finding: search.get('finding') ?? '' }),
    ...(against && { against }),
    ...(search.get('note') && { note: search.get('note') ?? '' }),
    ...(detail && { detail }),
    ...(side && { side }),
    ...(format && { format }),
    ...(plot && { plot }),
    ...(span && { span }),
    ...(screen && { screen }),
    ...(context && { context }),
    ...(namespace && { namespace }),
    ...(place && { place }),
  }
}

/** "sample:dns-5s" */
export function refText(ref: CaptureRef): string {
  return `${ref.kind}:${ref.kind === 'host' ? ref.id : ref.name}`
}

function readRef(text: string | null): CaptureRef | undefined {
  const [, kind, name = ''] = /^(host|sample|dropped):(.+)$/s.exec(text ?? '') ?? []
  if (kind === 'host') return { kind, id: name }
  return kind === 'sample' || kind === 'dropped' ? { kind, name } : undefined
}

/** Seconds with nanoseconds, "1.5~2.25"; exact, since both are whole nanoseconds. */
function rangeText({ from, to }: TimeRange): string {
  return `${secondsText(from)}~${secondsText(to)}`
}

function secondsText(ns: number): string {
  const whole = Math.round(ns)
  const sign = whole < 0 ? '-' : ''
  const digits = String(Math.abs(whole)).padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '')
  return sign + digits.slice(0, -9) + (fraction && `.${fraction}`)
}

function readSeconds(text: string): number {
  const parts = /^(-?)(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text)
  if (!parts) return Number.NaN
  const ns = Number(parts[2]) * 1e9 + Number((parts[3] ?? '').padEnd(9, '0'))
  return parts[1] ? -ns : ns
}

function readRange(text: string | null): TimeRange | undefined {
  const [a, b, rest] = (text ?? '').split('~')
  if (b === undefined || rest !== undefined) return undefined
  const from = readSeconds(a)
  const to = readSeconds(b)
  return from < to ? { from, to } : undefined
}

/** "1000-2000" frames, "12.5~60" seconds; either end may be left out. */
function partText({ firstFrame, lastFrame, from, to }: CapturePart): string {
  if (firstFrame !== undefined || lastFrame !== undefined) return `${firstFrame ?? ''}-${lastFrame ?? ''}`
  const text = (moment: CaptureMoment | undefined) => (moment && 'since' in moment ? secondsText(moment.since) : '')
  return `${text(from)}~${text(to)}`
}

function readPart(text: string | null): CapturePart | undefined {
  const [, first, last] = /^(\d{0,15})-(\d{0,15})$/.exec(text ?? '') ?? []
  if (first || last) {
    return { ...(first && { firstFrame: Number(first) }), ...(last && { lastFrame: Number(last) }) }
  }
  const [a = '', b, rest] = (text ?? '').split('~')
  if (b === undefined || rest !== undefined) return undefined
  const [from, to] = [readSeconds(a), readSeconds(b)]
  if (Number.isNaN(from) && Number.isNaN(to)) return undefined
  return {
    ...(!Number.isNaN(from) && { from: { since: from } }),
    ...(!Number.isNaN(to) && { to: { since: to } }),
  }
}

/** Whether both are the same stretch, as the URL tells it. */
export function samePart(a: CapturePart | undefined, b: CapturePart | undefined): boolean {
  return (a && partText(a)) === (b && partText(b))
}

function readCount(text: string | null): number | undefined {
  return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : undefined
}

function readMeasure(text: string | null): string | undefined {
  return text !== null && /^[a-z][a-z0-9 ]{0,19}$/.test(text) ? text : undefined
}

function readOneOf<Name extends string>(names: readonly Name[], text: string | null): Name | undefined {
  return names.find((name) => name === text)
}

function readSort(text: string | null): Sort {
  const descending = text?.startsWith('-') ?? false
  const key = descending ? text?.slice(1) : text
  return isSortKey(key) ? { key, descending } : START_VIEW.sort
}

function readOrder(text: string | null): PacketOrder | undefined {
  const descending = text?.startsWith('-') ?? false
  const key = descending ? text?.slice(1) : text
  return isOrderKey(key) ? { key, descending } : undefined
}

function isOrderKey(text: string | null | undefined): text is SortKey {
  return typeof text === 'string' && Object.hasOwn(ORDER_KEYS, text)
}

function isSortKey(text: string | null | undefined): text is ConversationSort {
  return typeof text === 'string' && Object.hasOwn(SORT_KEYS, text)
}
