import { useContext, useMemo, useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { Group, Panel, Separator, useDefaultLayout } from 'react-resizable-panels'
import type { DetailNode } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import { AddressItems } from '../../components/address-items.ts'
import { ContextMenu, type MenuPlace } from '../../components/context-menu.tsx'
import { FilterUseContext, filterItems } from '../../components/filter-items.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import { Bytes } from './bytes.tsx'
import { Tree } from './tree.tsx'
import { kindOf, listTree, listedPath, nodeAt, nodeOf } from './tree-model.ts'

interface PacketViewProps {
  readonly session: CaptureSession
  readonly row: number
  readonly onCopy: (text: string) => void
}

const ADDRESS = /^(ip|ipv6)\.(src|dst)$|^arp\.(src|dst)\.proto_ipv4$|^dns\.(a|aaaa)$/

/** Which kinds of node were opened or closed by hand; kept while the page lives, so that every packet opens alike. */
const opened = new Map<string, boolean>()

/** Layers above, bytes below; what is pointed at in one is marked in the other. */
export function PacketView({ session, row, onCopy }: PacketViewProps): ReactNode {
  const resumed = useStore(session.progress, (state) => state.resumed)
  const question = `${row} ${resumed}`
  const { value: details, error, key } = useAnswer(question, () => session.engine.details(row))
  const [selected, setSelected] = useState<string>()
  const [hovered, setHovered] = useState<string>()
  const [menu, setMenu] = useState<MenuPlace>()
  const [toggles, setToggles] = useState(0)
  const itemsOf = useContext(AddressItems)
  const filterUse = useContext(FilterUseContext)
  const layout = useDefaultLayout({ id: 'hopscope.inspector', storage: localStorage })

  // Hopscope's own verdict first: it is the answer, the layers are the evidence.
  const tree = useMemo(() => {
    const isOurs = (node: DetailNode) => node.field?.startsWith('hopscope.') === true
    return details && [...details.tree.filter(isOurs), ...details.tree.filter((node) => !isOurs(node))]
  }, [details])
  const lines = useMemo(() => {
    if (!tree) return []
    const closed = new Set(tree.slice(0, -1).map((node) => `/${kindOf(node)}`))
    return listTree(
      tree,
      (kind, depth) => opened.get(kind) ?? (depth === 0 && (!closed.has(kind) || kind.startsWith('/hopscope.'))),
    )
    // `toggles` stands for the contents of `opened`.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [tree, toggles])

  if (error !== undefined && key === question) {
    return (
      <div className="inspector-empty">
        <EmptyState tone="bad" title="This packet's bytes could not be read">
          {error}
        </EmptyState>
      </div>
    )
  }
  if (!details || !tree) return null

  const shown = hovered ?? selected
  const node = shown === undefined ? undefined : nodeOf(tree, shown)
  const chosen = selected === undefined ? undefined : nodeOf(tree, selected)

  function toggle(kind: string, open: boolean): void {
    opened.set(kind, open)
    setToggles((n) => n + 1)
  }

  function openMenu(path: string, x: number, y: number): void {
    const at = tree && nodeOf(tree, path)
    if (!at) return
    const filter = at.field !== undefined && at.value !== undefined ? `${at.field} == ${at.value}` : at.field
    setSelected(path)
    setMenu({
      x,
      y,
      items: [
        ...filterItems(filter, filterUse),
        { title: 'Copy as filter', disabled: filter === undefined, run: () => filter !== undefined && onCopy(filter) },
        ...(ADDRESS.test(at.field ?? '') && at.value !== undefined ? itemsOf(at.value) : []),
        'line',
        { title: 'Copy text', run: () => onCopy(at.text) },
        {
          title: 'Copy bytes as hex',
          disabled: at.to <= at.from,
          run: () => onCopy(hexText(details?.bytes ?? new Uint8Array(), at.from, at.to)),
        },
      ],
    })
  }

  return (
    <Group orientation="vertical" {...layout}>
      <Panel id="tree" minSize={80} defaultSize="62%">
        <Tree
          lines={lines}
          selected={selected === undefined ? undefined : listedPath(lines, selected)}
          marked={hovered === undefined ? undefined : listedPath(lines, hovered)}
          onSelect={setSelected}
          onHover={setHovered}
          onToggle={toggle}
          onMenu={openMenu}
        />
      </Panel>
      <Separator className="separator horizontal" aria-label="Height of the layers" />
      <Panel id="bytes" minSize={60}>
        <Bytes
          key={row}
          bytes={details.bytes}
          selected={chosen}
          marked={node}
          onHover={(offset) => setHovered(offset === undefined ? undefined : nodeAt(tree, offset))}
          onSelect={(offset) => setSelected(nodeAt(tree, offset))}
        />
      </Panel>
      {menu && <ContextMenu {...menu} onClose={() => setMenu(undefined)} />}
    </Group>
  )
}

function hexText(bytes: Uint8Array, from: number, to: number): string {
  return Array.from(bytes.subarray(from, to), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
