import { describe, expect, it } from 'vitest'
import { buildFilter, isAddress, readPorts, type FilterParts } from './build-filter.ts'

const ALL: FilterParts = { scope: 'all', points: [['10.1.0.2'], ['10.2.0.3']], peer: [], protocol: 'any', ports: '' }

describe('the filter from the selection', () => {
  it.each<readonly [string, Partial<FilterParts>, string]>([
    ['is empty for everything', {}, ''],
    ['has two points on either side', { scope: 'among' }, 'host 10.1.0.2 and host 10.2.0.3'],
    [
      'has more than two on both',
      { scope: 'among', points: [['10.0.0.1'], ['10.0.0.2'], ['10.0.0.3']] },
      '(src host 10.0.0.1 or src host 10.0.0.2 or src host 10.0.0.3) and (dst host 10.0.0.1 or dst host 10.0.0.2 or dst host 10.0.0.3)',
    ],
    [
      'knows both families of a point',
      { scope: 'among', points: [['10.0.0.1', 'fd00::1'], ['10.0.0.2']] },
      '(host 10.0.0.1 or host fd00::1) and host 10.0.0.2',
    ],
    ['takes ports and ranges', { ports: '53, 8000-8100' }, '(port 53 or portrange 8000-8100)'],
    [
      'takes a protocol and a peer',
      { protocol: 'tcp', peer: ['10.96.0.10'], ports: '443' },
      'tcp and host 10.96.0.10 and port 443',
    ],
    ['needs two points to be among', { scope: 'among', points: [['10.1.0.2']] }, ''],
    ['leaves out what is no address', { peer: ['$(id)', 'or port 1'], points: [] }, ''],
  ])('%s', (_, parts, text) => {
    expect(buildFilter({ ...ALL, ...parts })).toBe(text)
  })

  it.each(['0', '65536', '9-8', 'http', '80;81', '1-2-3'])('knows that %j is no port', (text) => {
    expect(readPorts(text)).toBeUndefined()
  })

  it('tells addresses from names', () => {
    expect(['10.0.0.1', 'fd00::1', '::ffff:10.0.0.1'].filter(isAddress)).toHaveLength(3)
    expect(['web', '10.0.0', 'a b', '1.2.3.4 or port 5', ''].filter(isAddress)).toEqual([])
  })
})
