import type { ConversationRow, PacketRow } from '../../engine/engine.ts'
import type { MenuItem, MenuPlace } from '../components/context-menu.tsx'
import { filterItems, type FilterUse } from '../components/filter-items.ts'
import { addressFilter, conversationFilter, endpointText, streamText } from '../components/filter-text.ts'
import { formatBytes, formatCounted, formatMilliseconds } from '../components/format.ts'
import type { CaptureSession } from './capture-session.ts'
import type { NotesHere } from './use-notes.tsx'
import type { ViewStore } from './view-store.ts'
import { keyLabels } from './keys.ts'
import { CLOSER, countTimesFrom } from './workspace-commands.ts'

const COPY = keyLabels('Ctrl+C').join(' ')

interface Needed {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly filterUse: FilterUse
  /** What else can be done with an address. */
  readonly addressItems: (address: string) => readonly MenuItem[]
  readonly copy: (text: string) => void
  readonly notes: Pick<NotesHere, 'packetItem' | 'conversationItem'>
  /** What a packet can be saved as. */
  readonly packetItems: (row: PacketRow) => MenuPlace['items']
  readonly onCaptureEnds: (addresses: readonly string[]) => void
}

/** The menus of a packet and of a conversation, wherever they are listed. */
export function rowMenus({ session, view, filterUse, addressItems, copy, notes, packetItems, onCaptureEnds }: Needed): {
  readonly packetMenu: (row: PacketRow) => MenuPlace['items']
  readonly conversationMenu: (row: ConversationRow) => MenuPlace['items']
} {
  const { narrow } = filterUse

  const lookCloser = (conversation: number | undefined, row: number | undefined): MenuItem[] =>
    CLOSER.map(({ detail, title, keys }) => ({
      title,
      hint: keyLabels(keys[0]).join(' '),
      disabled: conversation === undefined,
      run: () => view.change({ detail, conversation, span: undefined, ...(row !== undefined && { row }) }, 'push'),
    }))

  async function filterOut(id: number): Promise<void> {
    const found = await session.engine.conversation(id)
    if (found) narrow(`!(${conversationFilter(found)})`)
  }

  return {
    packetMenu: (row) => [
      {
        title: 'Only this conversation',
        hint: 'C',
        disabled: row.conversation === undefined,
        run: () => view.change({ conversation: row.conversation }, 'push'),
      },
      {
        title: 'Filter out this conversation',
        disabled: row.conversation === undefined,
        run: () => void filterOut(row.conversation ?? 0),
      },
      ...lookCloser(row.conversation, row.row),
      'line',
      { title: 'Filter on source', hint: row.source, run: () => narrow(addressFilter(row.source)) },
      { title: 'Filter on destination', hint: row.destination, run: () => narrow(addressFilter(row.destination)) },
      ...addressItems(row.source),
      ...addressItems(row.destination),
      'line',
      {
        title: 'Copy as filter',
        hint: `frame.number == ${row.frame}`,
        run: () => copy(`frame.number == ${row.frame}`),
      },
      { title: 'Copy as text', hint: COPY, run: () => copy(packetText(row)) },
      'line',
      {
        title: view.store.getState().reference === row.row ? 'Unset time reference' : 'Set time reference',
        hint: keyLabels('Shift+T').join(' '),
        run: () => countTimesFrom(view, row.row),
      },
      notes.packetItem(row),
      'line',
      ...packetItems(row),
    ],

    conversationMenu(row) {
      const text = conversationFilter(row)
      return [
        { title: 'Only this conversation', hint: 'Enter', run: () => view.change({ conversation: row.id }, 'push') },
        {
          title: 'Select its time',
          run: () => view.change({ range: { from: row.firstTime, to: row.lastTime + 1 } }, 'push'),
        },
        ...lookCloser(row.id, undefined),
        'line',
        ...filterItems(text, filterUse),
        { title: 'Filter on endpoint A', hint: row.addressA, run: () => narrow(addressFilter(row.addressA)) },
        { title: 'Filter on endpoint B', hint: row.addressB, run: () => narrow(addressFilter(row.addressB)) },
        ...addressItems(row.addressA),
        ...addressItems(row.addressB),
        'line',
        { title: 'Copy as filter', hint: text, run: () => copy(text) },
        { title: 'Copy as text', hint: COPY, run: () => copy(conversationText(row)) },
        notes.conversationItem(row),
        { title: 'Capture at both ends', run: () => onCaptureEnds([row.addressA, row.addressB]) },
      ]
    },
  }
}

/** A conversation as a line of a table, for pasting elsewhere. */
export function conversationText(row: ConversationRow): string {
  const { harmMs, retransmissions, resets } = row
  return [
    streamText(row),
    endpointText(row.addressA, row.portA),
    endpointText(row.addressB, row.portB),
    row.state,
    formatCounted(row.packetsAB + row.packetsBA, 'packet'),
    formatBytes(row.bytesAB + row.bytesBA),
    harmMs > 0 && `lost ${formatMilliseconds(harmMs)}`,
    retransmissions > 0 && formatCounted(retransmissions, 'retransmission'),
    resets > 0 && formatCounted(resets, 'reset'),
  ]
    .filter((part) => typeof part === 'string')
    .join('\t')
}

/** A packet as a line of a table, for pasting elsewhere. */
export function packetText(row: PacketRow): string {
  const { frame, time, source, destination, protocol, length, info } = row
  return [frame, (time / 1e9).toFixed(9), source, destination, protocol, length, info].join('\t')
}
