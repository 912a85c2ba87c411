import { describe, expect, it } from 'vitest'
import { sqlSummary } from './sql-summary.ts'

describe('sqlSummary', () => {
  it('says what is done to which table', () => {
    const expected: [string, string][] = [
      ['select * from orders where id = 7', 'SELECT orders'],
      ['  /* from here */ -- from there\n SELECT a, b FROM shop."Order Lines" l', 'SELECT shop.Order Lines'],
      ['INSERT INTO t (a) VALUES (1)', 'INSERT t'],
      ['UPDATE ONLY t SET a = 1', 'UPDATE t'],
      ['DELETE FROM t', 'DELETE t'],
      ['SELECT (SELECT max(x) FROM other) FROM t', 'SELECT t'],
      ['SELECT 1', 'SELECT'],
      ['BEGIN', 'BEGIN'],
      ['create table x (a int)', 'CREATE table'],
      ['COPY t FROM stdin', 'COPY t'],
      ['SHOW wal_level', 'SHOW wal_level'],
    ]
    for (const [sql, summary] of expected) expect(sqlSummary(sql, 'postgresql'), sql).toBe(summary)
    expect(sqlSummary('SELECT `a` FROM `shop`.`orders`', 'mysql')).toBe('SELECT shop.orders')
  })

  it('never shows a literal', () => {
    const secrets = [
      "SELECT ' from secret ', $$ from secret $$, $x$ from secret $x$",
      String.raw`SELECT E' \' from secret '`,
      String.raw`SELECT 'c:\', 1 -- from secret`,
      "SET password = 'secret'",
      "ALTER USER u PASSWORD 'secret'",
      "SELECT ' from secret",
      'secret',
      "EXECUTE 'secret'",
    ]
    for (const sql of secrets) expect(sqlSummary(sql, 'postgresql'), sql).not.toMatch(/secret/i)
    for (const sql of ['SELECT " from secret "', String.raw`SELECT ' \' from secret '`, 'SELECT 1 # from secret']) {
      expect(sqlSummary(sql, 'mysql'), sql).not.toMatch(/secret/)
    }
  })

  it('calls what is not SQL "SQL"', () => {
    expect(sqlSummary('', 'postgresql')).toBe('SQL')
    expect(sqlSummary('hunter2', 'mysql')).toBe('SQL')
  })
})
