import type { CaptureOrder, PointPlan, PointTarget } from '../../../common/model/live-capture.ts'

/** What is to be captured, while it is set up. */
export interface CaptureDraft {
  readonly context: string
  readonly title: string
  /** With the interface that the person chose for them, if any. */
  readonly targets: readonly PointTarget[]
  /** The labels by which the pods were chosen: those that come later can be captured as well. */
  readonly follow?: CaptureOrder['follow']
  /** Of a capture that is made again. */
  readonly setup?: Setup
}

/** What the person sets; everything else follows from it. */
export interface Setup {
  readonly filter: string
  /** Bytes of each packet; 0 for whole packets. */
  readonly snapLength: number
  /** Seconds; undefined: until stopped. */
  readonly duration: number | undefined
  readonly packets: string
  /** Megabytes. */
  readonly megabytes: string
  /** Also pods that come later, where the pods were chosen by labels. */
  readonly later: boolean
}

export const HEADERS = 128
export const DEFAULT_SETUP: Setup = {
  filter: '',
  snapLength: HEADERS,
  duration: 300,
  packets: '',
  megabytes: '1000',
  later: true,
}

export const SNAP_LENGTHS: readonly { readonly bytes: number; readonly title: string; readonly about: string }[] = [
  {
    bytes: HEADERS,
    title: 'Headers',
    about:
      '128 bytes of each packet: enough for every chart and verdict on TCP. Some 60 bytes of payload can be among them: a URL, the start of a query.',
  },
  {
    bytes: 512,
    title: 'Start of payload',
    about: '512 bytes: requests, names, certificates, and with them what people look for and cookies.',
  },
  {
    bytes: 0,
    title: 'Whole packets',
    about:
      'All that people send through them, passwords and personal data included. Treat the file like the database behind it.',
  },
]

export const DURATIONS: readonly { readonly seconds: number | undefined; readonly title: string }[] = [
  { seconds: 30, title: '30 seconds' },
  { seconds: 300, title: '5 minutes' },
  { seconds: 1800, title: '30 minutes' },
  { seconds: 4 * 3600, title: '4 hours' },
  { seconds: undefined, title: 'Until stopped' },
]

/** What keeps it from being started, in words; undefined when nothing does. */
export function whyNotReady(setup: Setup, plans: readonly PointPlan[] | undefined): string | undefined {
  if (!plans) return 'Asking the cluster what is allowed…'
  if (!plans.some(isOpen))
    return plans.length === 1 ? 'There is no way in.' : 'There is no way in to any of the points.'
  if (setup.packets !== '' && limitOf(setup.packets) === undefined) return 'The limit of packets is a whole number.'
  if (setup.megabytes !== '' && limitOf(setup.megabytes) === undefined)
    return 'The limit of megabytes is a whole number.'
  return undefined
}

/** The same text for the same point. */
export const keyOfPoint = (target: PointTarget) =>
  target.kind === 'pod' ? `pod ${target.namespace}/${target.pod}` : `node ${target.node}`

export const isOpen = ({ preflight }: PointPlan) => preflight?.chosen !== undefined

/** The point on an interface; '' for the one that its place has by itself. */
export function onInterface({ interface: _before, ...point }: PointTarget, name: string): PointTarget {
  return name === '' ? point : { ...point, interface: name }
}

const limitOf = (text: string) => (/^[1-9]\d{0,11}$/.test(text.trim()) ? Number(text) : undefined)

/** The order for those points that can be captured. */
export function orderOf(
  { context, title, targets, follow }: CaptureDraft,
  setup: Setup,
  plans: readonly PointPlan[],
): CaptureOrder {
  const { filter, snapLength, duration, packets, megabytes, later } = setup
  const packetLimit = limitOf(packets)
  const size = limitOf(megabytes)
  const open = new Set(plans.filter(isOpen).map(({ target }) => keyOfPoint(target)))
  return {
    context,
    title,
    targets: targets.filter((target) => open.has(keyOfPoint(target))),
    filter: filter.trim(),
    snapLength,
    ...(follow && later ? { follow } : {}),
    ...(duration === undefined ? {} : { durationSeconds: duration }),
    ...(packetLimit === undefined ? {} : { packetLimit }),
    ...(size === undefined ? {} : { byteLimit: size * 1e6 }),
  }
}

/** The set-up of an order that was made before. */
const setupOf = (order: CaptureOrder): Setup => ({
  filter: order.filter,
  snapLength: order.snapLength,
  duration: order.durationSeconds,
  packets: order.packetLimit === undefined ? '' : String(order.packetLimit),
  megabytes: order.byteLimit === undefined ? '' : String(Math.round(order.byteLimit / 1e6)),
  later: order.follow !== undefined,
})

/** Whether two drafts ask for the same capture, whatever it is called. */
export function isSameCapture(one: CaptureDraft, other: CaptureDraft): boolean {
  const [a, b] = [one, other].map(({ context, targets, follow, setup = DEFAULT_SETUP }) =>
    JSON.stringify([
      context,
      targets.map((target) => [keyOfPoint(target), target.interface]),
      { ...setup, filter: setup.filter.trim(), later: undefined },
      setup.later ? follow?.labels : undefined,
    ]),
  )
  return a === b
}

/** The draft that makes the same capture again. */
export const draftOf = (order: CaptureOrder): CaptureDraft => ({
  context: order.context,
  title: order.title,
  targets: order.targets,
  setup: setupOf(order),
  ...(order.follow ? { follow: order.follow } : {}),
})
