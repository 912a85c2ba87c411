import { ChevronDown, ChevronUp } from 'lucide-react'
import { useState, type ReactNode } from 'react'

export interface TableColumn<Row> {
  readonly key: string
  readonly title: string
  /** Of columns beside each other, above their titles. */
  readonly group?: string
  readonly about?: string
  /** What it is sorted by; rows that have none come last. */
  readonly value: (row: Row) => number | undefined
  readonly cell: (row: Row) => ReactNode
}

interface SortedTableProps<Row> {
  readonly title: string
  readonly rows: readonly Row[]
  readonly columns: readonly TableColumn<Row>[]
  readonly rowKey: (row: Row) => string
  readonly rowHead: (row: Row) => { readonly title: string; readonly about?: string }
}

interface Sort {
  readonly key: string
  readonly descending: boolean
}

/** A small table of numbers: a click on a column's title sorts by it, the greatest first, then the smallest, then as it was. */
export function SortedTable<Row>({ title, rows, columns, rowKey, rowHead }: SortedTableProps<Row>): ReactNode {
  const [sort, setSort] = useState<Sort>()
  const by = columns.find(({ key }) => key === sort?.key)
  const shown = by && sort ? sortedBy(rows, by.value, sort.descending) : rows
  const groups = groupsOf(columns)
  const next = (key: string) =>
    setSort(sort?.key !== key ? { key, descending: true } : sort.descending ? { key, descending: false } : undefined)
  const Arrow = sort?.descending ? ChevronDown : ChevronUp
  const grouped = groups.some(({ name }) => name !== undefined)
  return (
    <table>
      <thead>
        {grouped && (
          <tr>
            <td />
            {groups.map(({ name, columns: count }) => (
              <th key={name} scope="colgroup" colSpan={count} className="first">
                {name}
              </th>
            ))}
          </tr>
        )}
        <tr>
          <th scope="col">{title}</th>
          {columns.map(({ key, title: name, group, about }, i) => (
            <th
              key={key}
              scope="col"
              className={i === 0 || group !== columns[i - 1].group ? 'first' : undefined}
              aria-sort={sort?.key === key ? (sort.descending ? 'descending' : 'ascending') : undefined}
            >
              <button
                type="button"
                title={about}
                aria-label={group === undefined ? undefined : `${name}, ${group}`}
                onClick={() => next(key)}
              >
                <span>{name}</span>
                {sort?.key === key && <Arrow size={12} strokeWidth={2.25} aria-hidden />}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((row) => {
          const { title: name, about } = rowHead(row)
          return (
            <tr key={rowKey(row)}>
              <th scope="row" title={about}>
                {name}
              </th>
              {columns.map(({ key, group, cell }, i) => (
                <td key={key} className={i === 0 || group !== columns[i - 1].group ? 'first' : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

/** Rows without a value come last in either direction; equal ones stay in their order. */
export function sortedBy<Row>(
  rows: readonly Row[],
  value: (row: Row) => number | undefined,
  descending: boolean,
): readonly Row[] {
  return rows.toSorted((a, b) => {
    const [x, y] = [value(a), value(b)]
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined)
    return descending ? y - x : x - y
  })
}

function groupsOf<Row>(columns: readonly TableColumn<Row>[]) {
  const groups: { readonly name: string | undefined; columns: number }[] = []
  for (const { group } of columns) {
    const last = groups.at(-1)
    if (last && last.name === group) last.columns++
    else groups.push({ name: group, columns: 1 })
  }
  return groups
}
