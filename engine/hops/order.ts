import { addressKey } from '../query/conversation-names.ts'
import { SLACK_NS } from './clocks.ts'
import { quantile, twins } from './crossing.ts'
import type { Path } from './paths.ts'
import type { Run } from './runs.ts'

/** Of so many connections between the same addresses it is looked how far two points are from each other: in one of them bursts may tell it wrong. */
const MOST_ASKED = 31

/** Puts the points of each path in the order in which its first direction passes them: the same for all connections between the same addresses. */
export function arrange(paths: readonly Path[]): void {
  /** By addresses and two points. */
  const measured = new Map<string, number[]>()
  const pairOf = (path: Path, a: number, b: number) => {
    const [{ key, turned }] = keysOf(path)
    return { key: `${key} ${Math.min(a, b)} ${Math.max(a, b)}`, sign: turned === a < b ? -1 : 1 }
  }
  for (const path of paths) {
    const saw = seenBy(path)
    for (const [i, a] of saw.entries()) {
      for (const b of saw.slice(i + 1)) {
        const { key, sign } = pairOf(path, a, b)
        const known = measured.get(key) ?? []
        measured.set(key, known)
        if (known.length < MOST_ASKED) known.push(sign * distance(path, a, b))
      }
    }
  }
  for (const known of measured.values()) known.sort((a, b) => a - b)
  for (const path of paths) {
    const saw = seenBy(path)
    const isBefore = (a: number, b: number) => {
      const { key, sign } = pairOf(path, a, b)
      return sign * quantile(measured.get(key) ?? [0], 0.5) > 0
    }
    const passed = new Map(
      saw.map((point) => [point, saw.filter((other) => other !== point && isBefore(other, point)).length]),
    )
    path.order = saw.sort((a, b) => (passed.get(a) ?? 0) - (passed.get(b) ?? 0))
  }
}

function seenBy({ runs: [there, back] }: Path): number[] {
  return Array.from(there.keys()).filter((point) => there[point] ?? back[point])
}

/**
 * Nanoseconds that the connection's first direction needs from a point to another, negative if it passes that one before. Half the difference of what
 * clocks read there and back is that way, whatever they are set to; where nothing came back, clocks must do.
 */
function distance({ runs: [there, back] }: Path, from: number, to: number): number {
  const forth = readingsOf(there[from], there[to])
  const home = readingsOf(back[from], back[to])
  if (forth.length === 0 || home.length === 0) return middleOf(forth) - middleOf(home)
  // Less than no time there and back, whichever of the two is passed first: a clock moved meanwhile.
  const isMoved = overlap(home, forth) > SLACK_NS && overlap(forth, home) > SLACK_NS
  if (!isMoved) return (middleOf(forth) - middleOf(home)) / 2
  return middleOf(neighbours(forth, home)) / 2
}

/** Of a packet that passed two points. */
interface Reading {
  /** In the capture of the second one. */
  readonly row: number
  /** What its clock reads more. */
  readonly apart: number
}

function readingsOf(from: Run | undefined, to: Run | undefined): Reading[] {
  if (!from || !to) return []
  return twins(from, to).map(([i, j]) => ({ row: to.row[j], apart: to.time[j] - from.time[i] }))
}

/** The most of some less the least of others. */
function overlap(some: readonly Reading[], others: readonly Reading[]): number {
  const most = some.reduce((max, { apart }) => Math.max(max, apart), -Infinity)
  return most - others.reduce((min, { apart }) => Math.min(min, apart), Infinity)
}

/** What is read forth less what is read home just before or after it: hardly a clock moves in between. */
function neighbours(forth: readonly Reading[], home: readonly Reading[]): Reading[] {
  const all = [
    ...forth.map((reading) => ({ ...reading, sign: 1 })),
    ...home.map((reading) => ({ ...reading, sign: -1 })),
  ].sort((a, b) => a.row - b.row)
  return all.slice(1).flatMap(({ row, apart, sign }, i) => {
    return all[i].sign === sign ? [] : [{ row, apart: sign * (apart - all[i].apart) }]
  })
}

function middleOf(readings: readonly Reading[]): number {
  if (readings.length === 0) return 0
  const sorted = readings.map(({ apart }) => apart).sort((a, b) => a - b)
  return quantile(sorted, 0.5)
}

/**
 * Of each conversation that the path is made of: its addresses, and whether they stand the other way round. Of datagrams the service's port as well, as
 * a point may capture those of one service alone.
 */
function keysOf({ members, kind }: Path, withPort = kind === 'datagram') {
  return members.map(({ source: { name, tables }, conversation, flipped }) => {
    const { portA, portB } = tables.conversations
    const service = withPort ? ` ${Math.min(portA[conversation], portB[conversation])}` : ''
    const a = addressKey(tables.conversations, conversation, flipped)
    const b = addressKey(tables.conversations, conversation, !flipped)
    return a < b
      ? { key: `${name}${service} ${a} ${b}`, turned: false }
      : { key: `${name}${service} ${b} ${a}`, turned: true }
  })
}

/** Tells whether a point captures what goes between the addresses of a path to its service: it saw that of this path or of another. */
export function captures(paths: readonly Path[]): (path: Path, point: number) => boolean {
  const seen = new Set<string>()
  for (const path of paths) {
    const points = seenBy(path)
    for (const { key } of keysOf(path, true)) for (const point of points) seen.add(`${path.kind} ${key} ${point}`)
  }
  return (path, point) => keysOf(path, true).some(({ key }) => seen.has(`${path.kind} ${key} ${point}`))
}

type Order = readonly number[]

/** What died on its way was not seen further on: it took the way of others between the same addresses, as far as that is but one. */
export function extend(paths: readonly Path[]): void {
  /** By addresses, then as text. */
  const orders = new Map<string, Map<string, Order>>()
  for (const path of paths) {
    if (path.order.length < 2) continue
    for (const { key, turned } of keysOf(path)) {
      const order = turned ? path.order.toReversed() : path.order
      const known = orders.get(key)
      if (known) known.set(order.join(' '), order)
      else orders.set(key, new Map([[order.join(' '), order]]))
    }
  }
  for (const path of paths) {
    const longer = keysOf(path).map(({ key, turned }) =>
      Array.from(orders.get(key)?.values() ?? [], (order) => (turned ? order.toReversed() : order)).filter(
        (order) => order.length > path.order.length && holds(order, path.order),
      ),
    )
    // Behind a service's address there are several pods, behind a pod's there is one.
    const likely = longer.filter(({ length }) => length > 0).sort((a, b) => a.length - b.length)[0] ?? []
    const whole = likely.filter((order) => !likely.some((other) => other.length > order.length && holds(other, order)))
    if (whole.length === 0) continue
    const order = whole[0].filter((point) => whole.every((other) => other.includes(point)))
    path.order = within(path, order)
  }
}

/** Without points behind an end from which something came: they would have seen it. Behind a masquerading node, or a service, are several pods. */
function within({ runs: [there, back], order: own }: Path, order: Order): Order {
  const [first, last] = [own[0], own[own.length - 1]]
  return order.slice(there[first] ? order.indexOf(first) : 0, back[last] ? order.indexOf(last) + 1 : undefined)
}

const holds = (order: Order, other: Order) => other.every((point) => order.includes(point))
