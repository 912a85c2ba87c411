import { describe, expect, it } from 'vitest'
import type { AddressName } from './address-names.ts'
import { mergeNames } from './address-names.ts'

const pod = (name: string, address: string, from: number): AddressName => ({
  kind: 'pod',
  namespace: 'shop',
  name,
  address,
  from,
})

describe('whose an address was', () => {
  it('has an end for a pod that went, and both for an address that changed hands', () => {
    const before = [pod('stays', '10.0.0.1', 100), pod('goes', '10.0.0.2', 100), pod('old', '10.0.0.3', 100)]
    const after = [pod('stays', '10.0.0.1', 100), pod('new', '10.0.0.3', 700), pod('late', '10.0.0.4', 800)]
    expect(mergeNames(before, after, 1000)).toEqual([
      { ...pod('goes', '10.0.0.2', 100), until: 1000 },
      { ...pod('old', '10.0.0.3', 100), until: 700 },
      ...after,
    ])
  })

  it('keeps the end that the cluster gave', () => {
    const before = [{ ...pod('goes', '10.0.0.2', 100), until: 500 }]
    expect(mergeNames(before, [], 1000)).toEqual(before)
  })
})
