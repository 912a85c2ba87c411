import { asciiText } from './ascii.ts'
import type { FirstBytes } from './protocols.ts'
import { sqlSummary } from './sql-summary.ts'
import type { Side } from './stream-decoder.ts'

const HEADER = 4

/** Bits that client and server agree on. */
export const CAPABILITY = {
  compress: 1 << 5,
  protocol41: 1 << 9,
  ssl: 1 << 11,
  deprecateEof: 1 << 24,
  zstd: 1 << 26,
  queryAttributes: 1 << 27,
} as const

/** What answers a command: see MysqlResponse; "feed": everything that happens from then on. */
export type Answer = 'none' | 'login' | 'status' | 'result' | 'prepare' | 'fields' | 'rows' | 'text' | 'feed'

export const COMMAND: Readonly<Record<number, { readonly name: string; readonly answer: Answer } | undefined>> = {
  0x01: { name: 'COM_QUIT', answer: 'none' },
  0x02: { name: 'COM_INIT_DB', answer: 'status' },
  0x03: { name: 'COM_QUERY', answer: 'result' },
  0x04: { name: 'COM_FIELD_LIST', answer: 'fields' },
  0x05: { name: 'COM_CREATE_DB', answer: 'status' },
  0x06: { name: 'COM_DROP_DB', answer: 'status' },
  0x07: { name: 'COM_REFRESH', answer: 'status' },
  0x08: { name: 'COM_SHUTDOWN', answer: 'status' },
  0x09: { name: 'COM_STATISTICS', answer: 'text' },
  0x0a: { name: 'COM_PROCESS_INFO', answer: 'result' },
  0x0c: { name: 'COM_PROCESS_KILL', answer: 'status' },
  0x0d: { name: 'COM_DEBUG', answer: 'status' },
  0x0e: { name: 'COM_PING', answer: 'status' },
  0x11: { name: 'COM_CHANGE_USER', answer: 'login' },
  0x12: { name: 'COM_BINLOG_DUMP', answer: 'feed' },
  0x15: { name: 'COM_REGISTER_SLAVE', answer: 'status' },
  0x16: { name: 'COM_STMT_PREPARE', answer: 'prepare' },
  0x17: { name: 'COM_STMT_EXECUTE', answer: 'result' },
  0x18: { name: 'COM_STMT_SEND_LONG_DATA', answer: 'none' },
  0x19: { name: 'COM_STMT_CLOSE', answer: 'none' },
  0x1a: { name: 'COM_STMT_RESET', answer: 'status' },
  0x1b: { name: 'COM_SET_OPTION', answer: 'status' },
  0x1c: { name: 'COM_STMT_FETCH', answer: 'rows' },
  0x1e: { name: 'COM_BINLOG_DUMP_GTID', answer: 'feed' },
  0x1f: { name: 'COM_RESET_CONNECTION', answer: 'status' },
  0xfa: { name: 'COM_STMT_BULK_EXECUTE', answer: 'result' },
}

/** A little-endian number of `length` bytes. */
export function unsigned(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (at + i < bytes.length ? bytes[at + i] : 0)
  return value
}

/** Whether a packet with a command begins at `from`, the first or only one of [from, to). */
export function isCommandPacket(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < HEADER + 1 || bytes[from + 3] !== 0) return false
  const length = unsigned(bytes, from, 3)
  return length > 0 && length >= to - from - HEADER && COMMAND[bytes[from + HEADER]] !== undefined
}

/** HandshakeV10: its version, a printable version of the server with a dot, and a zero 13 bytes behind that. */
function isGreeting(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 34 || bytes[from + 3] !== 0 || bytes[from + HEADER] !== 0x0a) return false
  const length = unsigned(bytes, from, 3)
  if (length < 30 || length > 512 || from + HEADER + length > to) return false
  const end = bytes.indexOf(0, from + HEADER + 1)
  if (end < 0 || end > from + 80 || end + 13 >= to) return false
  return /^\d+\.\d+[\w.+~:-]*$/.test(asciiText(bytes, from + HEADER + 1, end)) && bytes[end + 13] === 0
}

/** By the greeting, or in the middle of a connection by a query of SQL that fills the payload. */
export function recogniseMysql({ bytes, from, to, side }: FirstBytes): Side | undefined {
  if (side !== 'client' && isGreeting(bytes, from, to)) return 'server'
  if (side === 'server' || !isCommandPacket(bytes, from, to) || bytes[from + HEADER] !== 0x03) return undefined
  if (unsigned(bytes, from, 3) !== to - from - HEADER) return undefined
  const at = from + HEADER + (bytes[from + HEADER + 1] === 0 && bytes[from + HEADER + 2] === 1 ? 3 : 1)
  return sqlSummary(asciiText(bytes, at, Math.min(to, at + 64)), 'mysql') === 'SQL' ? undefined : 'client'
}
