import { useCallback, useContext, useMemo, useState, type ReactNode } from 'react'
import type { AddressPair, PairHalf, Query } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import { Address, AddressNames } from '../../components/address.tsx'
import { DataGrid, type Column, type GridSort } from '../../components/data-grid.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatCount, formatDuration } from '../../components/format.ts'
import { isThin, THIN_ABOUT } from '../../components/measure-names.ts'
import { once } from '../../components/once.ts'
import { useAnswer } from '../../components/use-answer.ts'

interface PairsProps {
  readonly session: CaptureSession
  readonly query: Query
  readonly version: number
  /** Said where no pair has a round trip. */
  readonly whyNone: string
  /** By one of its columns; the slowest first without. */
  readonly sort: GridSort | undefined
  readonly onSort: (sort: GridSort) => void
  readonly onPair: (pair: AddressPair) => void
}

const END_COLUMNS: readonly Column<AddressPair>[] = (['client', 'server'] as const).map((end) => ({
  key: end,
  title: end === 'client' ? 'Client' : 'Server',
  width: 140,
  widest: 320,
  sort: end,
  cell: (pair) => <Address address={pair[end]} />,
}))

interface HalfColumn extends Column<AddressPair> {
  /** What it sorts by. */
  readonly value: (pair: AddressPair) => number | undefined
}

/** Percentiles of one half of the path. */
function halfColumns(half: 'toClient' | 'toServer'): readonly HalfColumn[] {
  const end = half === 'toClient' ? 'client' : 'server'
  const column = (
    name: string,
    of: (times: PairHalf) => number,
    about: string,
    cell: (times: PairHalf) => ReactNode,
  ) => ({
    key: `${half} ${name}`,
    title: `To ${end} ${name}`,
    ...(name !== 'n' && {
      head: (
        <>
          <span className="aloud">To {end} </span>
          {name}
        </>
      ),
    }),
    about: `${about} between the capture point and the ${end}`,
    width: name === 'n' ? 92 : 68,
    numeric: true,
    sort: `${half} ${name}`,
    value: ({ [half]: times }: AddressPair) => times && of(times),
    cell: ({ [half]: times }: AddressPair) => (times ? cell(times) : <span className="latency-thin">–</span>),
  })
  return [
    column(
      'n',
      ({ count }) => count,
      'Round trips',
      ({ count }) => formatCount(count),
    ),
    column(
      'p50',
      ({ p50Ns }) => p50Ns,
      '50 % of round trips took at most this,',
      ({ p50Ns }) => formatDuration(p50Ns),
    ),
    column(
      'p90',
      ({ p90Ns }) => p90Ns,
      '90 % of round trips took at most this,',
      ({ p90Ns }) => formatDuration(p90Ns),
    ),
    column(
      'p99',
      ({ p99Ns }) => p99Ns,
      '99 % of round trips took at most this,',
      (times) =>
        isThin(times) ? (
          <span className="latency-thin" title={THIN_ABOUT}>
            {formatDuration(times.p99Ns)}
          </span>
        ) : (
          formatDuration(times.p99Ns)
        ),
    ),
  ]
}

const HALF_COLUMNS = [...halfColumns('toClient'), ...halfColumns('toServer')]
const COLUMNS = [...END_COLUMNS, ...HALF_COLUMNS]

/** Round trips by the addresses of client and server, the slowest pair first until another order is chosen. */
export function Pairs({ session, query, version, whyNone, sort: asked, onSort, onPair }: PairsProps): ReactNode {
  const names = useContext(AddressNames)
  const sort = COLUMNS.some(({ key }) => key === asked?.key) ? asked : undefined
  const [active, setActive] = useState<number>()
  const { value: slowestFirst, error } = useAnswer(JSON.stringify([query, version]), () =>
    session.engine.addressPairs(query),
  )
  const pairs = useMemo(
    () => sorted(slowestFirst ?? [], sort, (address) => names.get(address)?.name ?? address),
    [slowestFirst, sort, names],
  )

  function choose(index: number): void {
    // What is left of the list is another one then.
    setActive(undefined)
    if (index < pairs.length) onPair(pairs[index])
  }

  return (
    <DataGrid
      // Stands where the measures do, and takes the focus as they do.
      id="latency"
      label="Pairs of addresses"
      columns={COLUMNS}
      count={error === undefined ? pairs.length : 0}
      rowHeight={22}
      row={(index) => pairs.at(index)}
      onVisible={useCallback(() => undefined, [])}
      active={active}
      onActive={setActive}
      onPress={choose}
      onOpen={choose}
      {...(sort && { sort })}
      onSort={(key) => {
        onSort({
          key,
          descending: sort?.key === key ? !sort.descending : HALF_COLUMNS.some((half) => half.key === key),
        })
        setActive(undefined)
      }}
      empty={
        error !== undefined ? (
          <EmptyState tone="bad" title="The pairs could not be listed">
            {error}
          </EmptyState>
        ) : (
          slowestFirst && <EmptyState title="No pair has a round trip here">{whyNone}.</EmptyState>
        )
      }
    />
  )
}

const collator = once(() => new Intl.Collator('en', { numeric: true }))

/** Ties stay the slowest first; a half without round trips comes last either way. */
function sorted(
  pairs: readonly AddressPair[],
  sort: GridSort | undefined,
  nameOf: (address: string) => string,
): readonly AddressPair[] {
  if (!sort) return pairs
  const sign = sort.descending ? -1 : 1
  const half = HALF_COLUMNS.find(({ key }) => key === sort.key)
  if (!half) {
    const end = sort.key === 'client' ? 'client' : 'server'
    return pairs.toSorted((a, b) => sign * collator().compare(nameOf(a[end]), nameOf(b[end])))
  }
  const key = (pair: AddressPair) => half.value(pair) ?? sign * Infinity
  return pairs.toSorted((a, b) => (key(a) === key(b) ? 0 : sign * (key(a) - key(b))))
}
