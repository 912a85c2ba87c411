import { useEffect, useState } from 'react'
import type { ExplorerKind, ExplorerProblem, ExplorerRows } from '../../../common/model/explorer.ts'
import type { HostWatch } from '../../components/use-watched.ts'
import { RowTable } from './row-table.ts'

export interface Rows<Row> {
  readonly rows: ReadonlyMap<string, Row>
  /** All there is has been told once. */
  readonly synced: boolean
  readonly problems: readonly ExplorerProblem[]
  /** Why nothing is told at all. */
  readonly error: string | undefined
  /** Changes when a row did. */
  readonly version: number
}

export interface RowsWanted<Kind extends ExplorerKind> {
  readonly context: string
  readonly kind: Kind
  /** "" for all. */
  readonly namespace: string
  /** Of the contexts' list: with another one the rows are asked for anew. */
  readonly revision: number
}

/** At most so often is the list drawn anew: in a rollout changes come ten times a second. */
const DRAW_MS = 200

/** The rows of a kind, live while the view is there; undefined wants nothing. */
export function useRows<Kind extends ExplorerKind>(
  host: HostWatch,
  wanted: RowsWanted<Kind> | undefined,
): Rows<ExplorerRows[Kind]> {
  const [told, setTold] = useState<Rows<ExplorerRows[Kind]> & { readonly key: string }>({ ...EMPTY, key: '' })
  const key = wanted ? JSON.stringify([wanted.context, wanted.kind, wanted.namespace, wanted.revision]) : ''
  useEffect(() => {
    if (!wanted) return
    const { context, kind, namespace } = wanted
    const control = new AbortController()
    let table = new RowTable<ExplorerRows[Kind]>()
    let timer = 0
    let error: string | undefined
    const draw = () => {
      timer = 0
      const { rows, synced, problems, version } = table
      setTold({ rows, synced, problems, version, error, key })
    }
    host
      .watch(
        (contract) => {
          // Also after the connection was lost and is back: then everything is told anew.
          table = new RowTable()
          return contract.explorer.watchRows(context, kind, namespace)
        },
        (changes) => {
          const first = table.version === 0
          const wasSynced = table.synced
          table.apply(changes)
          if (first || table.synced !== wasSynced) {
            window.clearTimeout(timer)
            draw()
          } else timer ||= window.setTimeout(draw, DRAW_MS)
        },
        control.signal,
      )
      .catch((reason: unknown) => {
        if (control.signal.aborted) return
        error = reason instanceof Error ? reason.message : String(reason)
        draw()
      })
    return () => {
      control.abort()
      window.clearTimeout(timer)
    }
    // The key stands for what is wanted.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [host, key])
  return told.key === key ? told : EMPTY
}

const EMPTY = { rows: new Map<string, never>(), synced: false, problems: [], error: undefined, version: 0 }
