import type { ExplorerProblem, RowChanges } from '../../../common/model/explorer.ts'

/** The rows of one kind as the host has told them so far. Changes are applied in place; `version` says that something did. */
export class RowTable<Row extends { readonly key: string }> {
  readonly rows = new Map<string, Row>()
  synced = false
  problems: readonly ExplorerProblem[] = []
  version = 0

  apply({ set, gone, synced, problems }: RowChanges<Row>): void {
    for (const row of set) this.rows.set(row.key, row)
    for (const key of gone) this.rows.delete(key)
    this.synced = synced
    this.problems = problems
    this.version++
  }
}
