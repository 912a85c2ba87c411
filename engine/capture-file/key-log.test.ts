import { describe, expect, it } from 'vitest'
import { withoutKeys } from './key-log.ts'

const RANDOM = 'e39b5bf4903c68684e8512fb2f60213e9ee843a0810b4982b607914d8092d482'

describe('a comment with keys of TLS', () => {
  it('loses them, and says so', () => {
    const comment = `taken on node-a\nCLIENT_RANDOM ${RANDOM} ${RANDOM}\r\nSERVER_TRAFFIC_SECRET_0 ${RANDOM} ${RANDOM}\nby me`
    expect(withoutKeys(comment)).toBe('taken on node-a\n[TLS keys left out]\nby me')
  })

  it('stays as it is without any, whatever its lines end with', () => {
    const comment = 'RSA certificates\r\nCLIENT_RANDOM is a label'
    expect(withoutKeys(comment)).toBe(comment)
  })
})
