import type { FindingEnd } from '../../common/model/finding.ts'
import type { FindingContext } from './context.ts'
import { listOf } from './words.ts'

/** What befell one conversation. */
export interface Case {
  readonly id: number
  readonly since: number
  readonly until: number
  readonly costNs: number
}

/** Cases with the same server and port. */
export interface Group<T extends Case> {
  readonly key: number
  readonly server: Required<FindingEnd>
  readonly cases: readonly T[]
  readonly since: number
  readonly until: number
  readonly costMs: number
  readonly ids: readonly number[]
  /** Addresses, most frequent first. */
  readonly clients: readonly string[]
}

export const costMsOf = (cases: readonly Pick<Case, 'costNs'>[]): number =>
  cases.reduce((sum, { costNs }) => sum + costNs, 0) / 1e6

export function byServer<T extends Case>(context: FindingContext, cases: readonly T[]): Group<T>[] {
  const groups = new Map<number, T[]>()
  for (const each of cases) {
    const key = context.serverKey(each.id)
    const known = groups.get(key)
    if (known) known.push(each)
    else groups.set(key, [each])
  }
  return Array.from(groups, ([key, members]) => ({
    key,
    server: context.server(members[0].id),
    cases: members,
    since: members.reduce((least, { since }) => Math.min(least, since), Infinity),
    until: members.reduce((most, { until }) => Math.max(most, until), -Infinity),
    costMs: costMsOf(members),
    ids: members.map(({ id }) => id),
    clients: clientsOf(context, members),
  }))
}

/** Addresses, most frequent first. */
export function clientsOf(context: FindingContext, cases: readonly Case[]): string[] {
  const counts = new Map<string, number>()
  for (const { id } of cases) {
    const { address } = context.client(id)
    counts.set(address, (counts.get(address) ?? 0) + 1)
  }
  return Array.from(counts)
    .toSorted((a, b) => b[1] - a[1])
    .map(([address]) => address)
}

/** "client-1 (10.244.1.15)", "10.0.0.1, 10.0.0.2 and 4 more". */
export function clientsText(context: FindingContext, { clients }: Pick<Group<Case>, 'clients'>): string {
  return listOf(clients.map((address) => context.named(address)))
}

/** The part of a draft that follows from whom it is about. */
export function about(group: Group<Case>) {
  return {
    subject: `${group.server.address} ${group.server.port}`,
    server: group.server,
    ...(group.clients.length === 1 && { client: { address: group.clients[0] } }),
    conversations: group.ids,
    since: group.since,
    until: group.until,
    costMs: group.costMs,
  }
}

/** Cases by what they cost, most first; evidence is taken from these. */
export function worst<T extends Case>(cases: readonly T[], count: number): T[] {
  return cases.toSorted((a, b) => b.costNs - a.costNs || a.id - b.id).slice(0, count)
}
