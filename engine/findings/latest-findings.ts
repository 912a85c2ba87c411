import type { FindingsReport } from '../../common/model/finding.ts'
import type { ReadBytes } from '../query/frame-bytes.ts'
import type { Work } from '../query/work.ts'
import type { FindingTables } from './context.ts'
import { findAll } from './findings.ts'

interface Growing extends FindingTables {
  readonly complete: boolean
}

/** While a capture grows the rules run at most this often, ... */
const PAUSE_MS = 3000
/** ... and take at most this share of the time. */
const SHARE = 0.05

/** The findings of a capture that may still grow: worked out when they are asked for, and not again before it is worth it. */
export class LatestFindings {
  readonly #tables: Growing
  #latest: FindingsReport | undefined
  #next = 0
  #running: Promise<FindingsReport> | undefined

  constructor(tables: Growing) {
    this.#tables = tables
  }

  /** All who ask while the rules run get the same answer, of a complete capture one of all its packets. Throws Cancelled, and what `read` throws. */
  async report(read: ReadBytes, work?: Work): Promise<FindingsReport> {
    const latest = this.#latest
    const { packets, complete } = this.#tables
    if (latest && (latest.version === packets.rows || (!complete && Date.now() < this.#next))) {
      return latest
    }
    this.#running ??= this.#run(read, work).finally(() => (this.#running = undefined))
    const report = await this.#running
    // The rules may have begun before its end came.
    return this.#tables.complete && report.version !== packets.rows ? this.report(read, work) : report
  }

  async #run(read: ReadBytes, work?: Work): Promise<FindingsReport> {
    const began = Date.now()
    this.#latest = await findAll(this.#tables, read, work)
    const took = Date.now() - began
    this.#next = Date.now() + Math.max(PAUSE_MS, took / SHARE)
    return this.#latest
  }
}
