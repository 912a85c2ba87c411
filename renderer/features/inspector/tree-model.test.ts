import { describe, expect, it } from 'vitest'
import type { DetailNode } from '../../../engine/engine.ts'
import { listedPath, listTree, nodeAt, nodeOf } from './tree-model.ts'

const node = (
  text: string,
  from: number,
  to: number,
  children: readonly DetailNode[] = [],
  field?: string,
): DetailNode => ({
  text,
  from,
  to,
  children,
  ...(field !== undefined && { field }),
})

const tree = [
  node('Ethernet II, Src: a, Dst: b', 0, 14, [node('Destination: b', 0, 6), node('Source: a', 6, 12)], 'eth'),
  node('Transmission Control Protocol', 34, 66, [
    node(
      'Flags: 0x010 (ACK)',
      46,
      48,
      [node('Acknowledgment: Set', 47, 48), node('Syn: Not set', 47, 48)],
      'tcp.flags',
    ),
    node('Window: 501', 48, 50, [], 'tcp.window_size_value'),
  ]),
]

describe('the tree of a packet', () => {
  it('lists what is open', () => {
    const lines = listTree(tree, (kind) => kind === '/Transmission Control Protocol')
    expect(lines.map((line) => `${line.path} ${line.node.text}`)).toEqual([
      '0 Ethernet II, Src: a, Dst: b',
      '1 Transmission Control Protocol',
      '1.0 Flags: 0x010 (ACK)',
      '1.1 Window: 501',
    ])
    expect(lines.map((line) => line.open)).toEqual([false, true, false, false])
  })

  it('names kinds without their values, so that the next packet opens alike', () => {
    const kinds = listTree(tree, () => true).map((line) => line.kind)
    expect(kinds).toContain('/eth/Destination')
    expect(kinds).toContain('/Transmission Control Protocol/tcp.flags/Acknowledgment')
  })

  it('finds the narrowest field of a byte', () => {
    expect(nodeAt(tree, 3)).toBe('0.0')
    expect(nodeAt(tree, 13)).toBe('0')
    expect(nodeAt(tree, 46)).toBe('1.0')
    expect(nodeAt(tree, 47)).toBe('1.0.1')
    expect(nodeAt(tree, 20)).toBeUndefined()
    expect(nodeOf(tree, '1.0.1')?.text).toBe('Syn: Not set')
    expect(nodeOf(tree, '1.9')).toBeUndefined()
  })

  it('points at the closed line around a hidden field', () => {
    const lines = listTree(tree, (kind) => kind === '/Transmission Control Protocol')
    expect(listedPath(lines, '1.0.1')).toBe('1.0')
    expect(listedPath(lines, '0.1')).toBe('0')
    expect(listedPath(lines, '1.1')).toBe('1.1')
  })
})
