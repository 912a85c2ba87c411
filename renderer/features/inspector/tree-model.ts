import type { DetailNode } from '../../../engine/engine.ts'

/** A line of the packet's tree as it is listed: its node, how deep, and where it is in the tree. */
export interface TreeLine {
  readonly node: DetailNode
  readonly depth: number
  /** Positions among siblings from the root, "2.0.1"; identifies the line within this packet. */
  readonly path: string
  /** The kinds of node from the root: the same in other packets, so that what was opened stays open. */
  readonly kind: string
  readonly open: boolean
}

/** What a node is, whatever its value: "tcp", "tcp.flags", "Options". */
export function kindOf(node: DetailNode): string {
  return node.field ?? node.text.replace(/[:,(].*$/s, '')
}

/** The lines to show, in order, given which kinds are open. */
export function listTree(
  tree: readonly DetailNode[],
  isOpen: (kind: string, depth: number) => boolean,
): readonly TreeLine[] {
  const lines: TreeLine[] = []
  function add(nodes: readonly DetailNode[], depth: number, pathBefore: string, kindBefore: string): void {
    for (const [i, node] of nodes.entries()) {
      const path = pathBefore ? `${pathBefore}.${i}` : String(i)
      const kind = `${kindBefore}/${kindOf(node)}`
      const open = node.children.length > 0 && isOpen(kind, depth)
      lines.push({ node, depth, path, kind, open })
      if (open) add(node.children, depth + 1, path, kind)
    }
  }
  add(tree, 0, '', '')
  return lines
}

/** The path of the narrowest node whose bytes hold `offset`; the deepest one where several have the same bytes. */
export function nodeAt(tree: readonly DetailNode[], offset: number): string | undefined {
  let best: string | undefined
  let size = Infinity
  function look(nodes: readonly DetailNode[], before: string): void {
    for (const [i, node] of nodes.entries()) {
      const path = before ? `${before}.${i}` : String(i)
      if (node.from <= offset && offset < node.to && node.to - node.from <= size) {
        best = path
        size = node.to - node.from
      }
      look(node.children, path)
    }
  }
  look(tree, '')
  return best
}

export function nodeOf(tree: readonly DetailNode[], path: string): DetailNode | undefined {
  let nodes = tree
  let node: DetailNode | undefined
  for (const step of path.split('.')) {
    node = nodes[Number(step)]
    if (!node) return undefined
    nodes = node.children
  }
  return node
}

/** The nearest line that is listed: the node itself, or the closed one it is in. */
export function listedPath(lines: readonly TreeLine[], path: string): string | undefined {
  let best: string | undefined
  for (const line of lines) {
    if (line.path === path) return path
    if (path.startsWith(`${line.path}.`)) best = line.path
  }
  return best
}
