/** Characters of a statement that are looked at. */
export const SQL_KEPT = 1024

/** Which quotes hold what: in MySQL "text" is a literal and `name` a name, and a backslash escapes in literals. */
export type SqlDialect = 'postgresql' | 'mysql'

/** The word that comes before the table's name, by the statement's first word. */
const BEFORE_TABLE: Readonly<Record<string, string | undefined>> = {
  SELECT: 'FROM',
  DELETE: 'FROM',
  INSERT: 'INTO',
  REPLACE: 'INTO',
  MERGE: 'INTO',
  UPDATE: 'UPDATE',
  COPY: 'COPY',
  CALL: 'CALL',
}
/** What says what to do only together with the word behind it. */
const TWO_WORDS = new Set(['CREATE', 'ALTER', 'DROP', 'SHOW', 'START', 'PREPARE', 'EXECUTE', 'DECLARE', 'FETCH'])
const FIRST_WORDS = new Set(
  'SELECT INSERT UPDATE DELETE REPLACE MERGE WITH BEGIN COMMIT ROLLBACK START SAVEPOINT RELEASE SET SHOW CREATE ALTER DROP TRUNCATE COPY CALL EXPLAIN ANALYZE VACUUM EXECUTE PREPARE DEALLOCATE DECLARE FETCH CLOSE LISTEN NOTIFY UNLISTEN DO LOCK UNLOCK GRANT REVOKE USE DESCRIBE DESC LOAD KILL RESET DISCARD FLUSH OPTIMIZE REINDEX REFRESH CLUSTER COMMENT ABORT END VALUES TABLE IDENTIFY_SYSTEM START_REPLICATION BASE_BACKUP CREATE_REPLICATION_SLOT XA HANDLER CHECKPOINT'.split(
    ' ',
  ),
)

/**
 * What a statement does and to which table, "SELECT orders", never a literal of it. Text that begins with no word of SQL is "SQL":
 * it may be anything. `sql` is the statement or its beginning.
 */
export function sqlSummary(sql: string, dialect: SqlDialect): string {
  const words = new Words(sql, dialect)
  let first = words.next()
  while (first === '(') first = words.next()
  const verb = first?.toUpperCase() ?? ''
  if (!FIRST_WORDS.has(verb)) return 'SQL'
  if (TWO_WORDS.has(verb)) {
    const second = words.next()
    return second !== undefined && /^\w+$/.test(second) ? `${verb} ${second}` : verb
  }
  const before = BEFORE_TABLE[verb]
  if (before === undefined) return verb
  // The table is the first one named outside of brackets: a subquery's is not what the statement is about.
  let depth = 0
  for (let word: string | undefined = verb; word !== undefined; word = words.next()) {
    if (word === '(') depth++
    else if (word === ')') depth--
    else if (depth === 0 && word.toUpperCase() === before) return withTable(verb, words)
  }
  return verb
}

function withTable(verb: string, words: Words): string {
  let table = words.next()
  while (table !== undefined && /^(ONLY|IGNORE|LOW_PRIORITY)$/i.test(table)) table = words.next()
  return table === undefined || !/[\w"`]/.test(table[0]) ? verb : `${verb} ${table.replace(/["`]/g, '')}`
}

/** Names, key words and brackets of a statement; literals, comments, numbers and operators are passed over. */
class Words {
  readonly #sql: string
  readonly #mysql: boolean
  #at = 0

  constructor(sql: string, dialect: SqlDialect) {
    this.#sql = sql
    this.#mysql = dialect === 'mysql'
  }

  /** The next one; undefined at the end, which is also where a literal goes on beyond what is kept. */
  next(): string | undefined {
    const sql = this.#sql
    while (this.#at < sql.length) {
      const from = this.#at
      const character = sql[from]
      if (character === '(' || character === ')') return sql[this.#at++]
      const name = this.#match(this.#mysql ? MYSQL_NAME : POSTGRESQL_NAME)
      if (name !== undefined) {
        // E'...': a literal with backslashes (PostgreSQL), N'...', _utf8'...'
        if (sql[this.#at] !== "'") return name
        if (!this.#skipLiteral("'", this.#mysql || /^e$/i.test(name))) return undefined
      } else if (character === "'" || (this.#mysql && character === '"')) {
        if (!this.#skipLiteral(character, this.#mysql)) return undefined
      } else if (character === '$' && !this.#mysql) {
        const quote = this.#match(/\$\w*\$/y)
        if (quote === undefined) this.#at++
        else if (!this.#skipTo(quote)) return undefined
      } else if (sql.startsWith('--', from) || (this.#mysql && character === '#')) {
        if (!this.#skipTo('\n')) return undefined
      } else if (sql.startsWith('/*', from)) {
        if (!this.#skipTo('*/')) return undefined
      } else if (this.#match(/\d[\w.]*/y) === undefined) this.#at++
    }
    return undefined
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#sql)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #skipLiteral(quote: string, backslash: boolean): boolean {
    for (this.#at++; this.#at < this.#sql.length; this.#at++) {
      if (backslash && this.#sql[this.#at] === '\\') this.#at++
      else if (this.#sql[this.#at] === quote) {
        this.#at++
        return true
      }
    }
    return false
  }

  #skipTo(end: string): boolean {
    const found = this.#sql.indexOf(end, this.#at)
    this.#at = found < 0 ? this.#sql.length : found + end.length
    return found >= 0
  }
}

/** Names with their schema, quoted or not. */
const POSTGRESQL_NAME = /(?:[a-z_][\w$]*|"[^"]+")(?:\.(?:[a-z_][\w$]*|"[^"]+"))*/iy
const MYSQL_NAME = /(?:[a-z_][\w$]*|`[^`]+`)(?:\.(?:[a-z_][\w$]*|`[^`]+`))*/iy
