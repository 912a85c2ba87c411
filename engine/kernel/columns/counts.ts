import { TABLE } from '../../kernel-tables.ts'
import { F64s, I32s, newTable } from '../memory.ts'

/** See COUNT and TOTAL. Neither grows. */
export const counts = changetype<I32s>(newTable(TABLE.counts, 8 * 4))
export const totals = changetype<F64s>(newTable(TABLE.totals, 6 * 8))
