import { streamText } from '../components/filter-text.ts'
import { formatMilliseconds } from '../components/format.ts'
import { queryOf } from '../components/query-of.ts'
import { isSearching, type CaptureSession } from './capture-session.ts'
import type { Command } from './commands.ts'
import { addHostsFile } from './hosts-file.ts'
import {
  cyclePanes,
  focusFirst,
  focusSoon,
  keepFocus,
  LOWER_FOCUS,
  PANES,
  showDetail,
  showList,
  TREE,
} from './panes.ts'
import { preferences, type TimeFormat } from './preferences.ts'
import { LIST_TABS, type DetailTab, type TimeRange } from './view.ts'
import type { ViewStore } from './view-store.ts'

export interface WorkspaceHandles {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly focusFilter: () => void
  readonly toggleInspector: () => void
  readonly showInspector: () => void
  /** Gives the lower pane most of the height, or its share again. */
  readonly toggleLower: () => void
  /** A short word on why a command did nothing. */
  readonly announce: (text: string) => void
}

const NEXT_TIME_FORMAT: Readonly<Record<TimeFormat, TimeFormat>> = {
  relative: 'clock',
  clock: 'delta',
  delta: 'relative',
}
/** Views of one conversation, by the names they have in Wireshark. */
export const CLOSER = [
  { detail: 'graph', title: 'Time-sequence graph (tcptrace)', keys: ['G'] },
  { detail: 'ladder', title: 'Flow graph (ladder)', keys: ['Shift+G'] },
  { detail: 'follow', title: 'Follow stream', keys: ['F'] },
] as const satisfies readonly {
  readonly detail: DetailTab
  readonly title: string
  readonly keys: readonly string[]
}[]

/** By the command's id, for those who know Wireshark's menus. */
const IN_WIRESHARK: Readonly<Record<string, string>> = {
  'go.time-axis': 'I/O Graphs',
  'filter.focus': 'Apply as Filter, Find Packet',
  'go.conversation-of-packet': 'Conversation Filter',
  'go.graph': 'TCP Stream Graphs',
  'go.follow': 'Follow TCP Stream',
  'view.time-format': 'Time Display Format',
  'view.time-reference': 'Set/Unset Time Reference',
  'view.resolve-names': 'Name Resolution',
  'view.add-hosts': 'Resolved Addresses',
  'go.protocols': 'Protocol Hierarchy',
  'go.list-findings': 'Expert Information',
  'go.list-latency': 'Service Response Time',
  'go.list-notes': 'Packet Comments',
  'go.list-conversations': 'Conversations, Endpoints',
}

/** A key for each list, in their order. */
const LIST_KEYS = ['D', 'V', 'Y', 'Shift+M', 'B', 'H'] as const

const SORTS = [
  ['harmMs', 'harm', true],
  ['retransmissions', 'retransmissions', true],
  ['resets', 'resets', true],
  ['toClient', 'round trips to the client', true],
  ['toServer', 'round trips to the server', true],
  ['bytesAB', 'bytes', true],
  ['firstTime', 'start', false],
] as const

/** What can be done while a capture is open. */
export function workspaceCommands({
  session,
  view,
  focusFilter,
  toggleInspector,
  showInspector,
  toggleLower,
  announce,
}: WorkspaceHandles): readonly Command[] {
  const now = () => view.store.getState()
  /** What had the focus before the inspector was given it. */
  let before: HTMLElement | undefined
  const isInTree = () => document.activeElement?.matches(TREE.join()) === true

  function whole(): TimeRange | undefined {
    const facts = session.progress.getState().progress?.facts
    return facts && facts.packets > 0 ? { from: facts.firstTime, to: facts.lastTime + 1 } : undefined
  }

  function zoomBy(factor: number): void {
    const all = whole()
    if (!all) return
    const { zoom = all, range } = now()
    const centre = range ? (range.from + range.to) / 2 : (zoom.from + zoom.to) / 2
    const span = (zoom.to - zoom.from) * factor
    if (span >= all.to - all.from) view.change({ zoom: undefined })
    else {
      const from = Math.min(Math.max(all.from, centre - span / 2), all.to - span)
      view.change({ zoom: { from: Math.round(from), to: Math.round(from + span) } })
    }
  }

  async function toWorst(): Promise<void> {
    const { conversation: _, ...rest } = queryOf(now())
    const worst = (await session.engine.conversations(rest, 'harmMs', true, 0, 1)).rows[0]
    if (!worst || worst.harmMs === 0) announce('No conversation here lost time')
    else {
      view.change({ conversation: worst.id, sort: { key: 'harmMs', descending: true } }, 'push')
      announce(`The worst, ${streamText(worst)}, lost ${formatMilliseconds(worst.harmMs)}`)
    }
  }

  async function toConversationOfPacket(): Promise<void> {
    const { row } = now()
    if (row === undefined) return
    const packet = await session.engine.packet(row)
    if (packet?.conversation === undefined) announce('This packet belongs to no conversation')
    else view.change({ conversation: packet.conversation }, 'push')
  }

  const commands: readonly Command[] = [
    {
      id: 'filter.focus',
      title: 'Edit the display filter',
      group: 'Filter',
      keys: ['/', 'Ctrl+F'],
      inText: false,
      run: focusFilter,
    },
    {
      id: 'filter.clear',
      title: 'Clear the filter',
      group: 'Filter',
      keys: ['Shift+Escape'],
      enabled: () => now().filter !== '',
      run: () => view.change({ filter: '' }, 'push'),
    },
    {
      id: 'go.out',
      title: 'Out of the packet, to the list',
      group: 'Go',
      keys: ['Escape'],
      enabled: () => before !== undefined && isInTree() && !isSearching(session),
      run: () => {
        if (before?.isConnected && before !== document.body) before.focus()
        else focusFirst(LOWER_FOCUS)
        before = undefined
      },
    },
    {
      id: 'filter.widen',
      title: 'Widen: zoom, then time, conversation, filter',
      group: 'Filter',
      keys: ['Escape'],
      // First it stops what is searched for.
      enabled: () =>
        !isSearching(session) &&
        (now().zoom !== undefined ||
          now().range !== undefined ||
          now().conversation !== undefined ||
          now().filter !== ''),
      run: () => {
        const { zoom, range, conversation } = now()
        if (zoom) view.change({ zoom: undefined }, 'push')
        else if (range) view.change({ range: undefined }, 'push')
        else if (conversation !== undefined) view.change({ conversation: undefined }, 'push')
        else view.change({ filter: '' }, 'push')
        keepFocus()
      },
    },
    { id: 'time.zoom-in', title: 'Zoom in', group: 'Time', keys: ['+', '='], run: () => zoomBy(0.5) },
    { id: 'time.zoom-out', title: 'Zoom out', group: 'Time', keys: ['-'], run: () => zoomBy(2) },
    {
      id: 'time.zoom-selection',
      title: 'Zoom to the selected time',
      group: 'Time',
      keys: ['Z'],
      enabled: () => now().range !== undefined,
      run: () => view.change({ zoom: now().range }, 'push'),
    },
    {
      id: 'time.all',
      title: 'Show the whole capture',
      group: 'Time',
      keys: ['0'],
      enabled: () => now().zoom !== undefined,
      run: () => view.change({ zoom: undefined }, 'push'),
    },
    ...PANES.map(([name, , selectors], i) => ({
      id: `go.${name.toLowerCase().replaceAll(' ', '-')}`,
      title: name,
      group: 'Go' as const,
      keys: [String(i + 1)],
      run: () => {
        if (name !== 'Inspector') return void focusFirst(selectors)
        const { activeElement } = document
        if (activeElement instanceof HTMLElement && !activeElement.closest('.inspector')) before = activeElement
        showInspector()
        // The packet that Enter was pressed on may still be read.
        if (!focusFirst(TREE)) focusSoon(selectors)
      },
    })),
    { id: 'go.back', title: 'Back', group: 'Go', keys: ['Alt+ArrowLeft'], run: () => history.back() },
    { id: 'go.forward', title: 'Forward', group: 'Go', keys: ['Alt+ArrowRight'], run: () => history.forward() },
    { id: 'go.next-pane', title: 'Next pane', group: 'Go', keys: ['F6'], run: () => cyclePanes(1) },
    { id: 'go.last-pane', title: 'Previous pane', group: 'Go', keys: ['Shift+F6'], run: () => cyclePanes(-1) },
    { id: 'go.worst', title: 'Worst conversation', group: 'Go', keys: ['W'], run: () => void toWorst() },
    {
      id: 'go.conversation-of-packet',
      title: 'Conversation of the selected packet',
      group: 'Go',
      keys: ['C'],
      enabled: () => now().row !== undefined,
      run: () => void toConversationOfPacket(),
    },
    {
      id: 'go.packet-list',
      title: 'Packet list',
      group: 'Go',
      keys: ['L'],
      run: () => showDetail(view, 'packets'),
    },
    ...LIST_TABS.map((list, i) => ({
      id: `go.list-${list}`,
      title: list[0].toUpperCase() + list.slice(1),
      group: 'Go' as const,
      keys: [LIST_KEYS[i]],
      run: () => showList(view, list),
    })),
    {
      id: 'go.protocols',
      title: 'Protocols of the capture',
      group: 'Go',
      run: () => {
        showInspector()
        document.getElementById('inspector-capture')?.click()
        focusSoon(['.about-protocols button'])
      },
    },
    ...CLOSER.map(({ detail, title, keys }) => ({
      id: `go.${detail}`,
      title,
      group: 'Go' as const,
      keys,
      run: () => showDetail(view, detail),
    })),
    { id: 'view.inspector', title: 'Show or hide the inspector', group: 'View', keys: ['I'], run: toggleInspector },
    {
      id: 'view.lower',
      title: 'Most of the height for the lower pane, or not',
      group: 'View',
      keys: ['X'],
      run: toggleLower,
    },
    {
      id: 'view.time-format',
      title: 'Times: since start, time of day, since the packet before',
      group: 'View',
      keys: ['T'],
      run: () => preferences.setState(({ timeFormat }) => ({ timeFormat: NEXT_TIME_FORMAT[timeFormat] })),
    },
    {
      id: 'view.time-reference',
      title: 'Count times from the selected packet, or from the first again',
      group: 'View',
      keys: ['Shift+T', 'Ctrl+T'],
      run: () => {
        const { row, reference } = now()
        if (row === undefined && reference === undefined) return announce('Select a packet first')
        announce(countTimesFrom(view, row))
      },
    },
    ...SORTS.map(([key, name, descending]) => ({
      id: `sort.${key}`,
      title: `Sort conversations by ${name}`,
      group: 'View' as const,
      run: () => view.change({ sort: { key, descending } }, 'push'),
    })),
    {
      id: 'view.resolve-names',
      title: 'Resolve names: show addresses by name',
      group: 'View',
      keys: ['R'],
      run: () => {
        const { resolveNames } = preferences.getState()
        preferences.setState({ resolveNames: !resolveNames })
        announce(resolveNames ? 'Addresses as they are' : 'Addresses by their names, where known')
      },
    },
    {
      id: 'view.add-hosts',
      title: 'Add names from a hosts file',
      group: 'View',
      run: () => void addHostsFile().then(announce),
    },
    {
      id: 'view.forget-hosts',
      title: 'Forget the names from hosts files',
      group: 'View',
      enabled: () => Object.keys(preferences.getState().hosts).length > 0,
      run: () => preferences.setState({ hosts: {} }),
    },
    {
      id: 'sort.packets-as-captured',
      title: 'List packets in the order of the file',
      group: 'View',
      enabled: () => now().order !== undefined,
      run: () => view.change({ order: undefined }, 'push'),
    },
    {
      id: 'capture.cancel',
      title: 'Stop reading',
      group: 'Capture',
      enabled: () => session.progress.getState().progress?.phase === 'reading',
      run: () => session.cancel(),
    },
  ]
  return commands.map((command) =>
    command.id in IN_WIRESHARK ? { ...command, wireshark: IN_WIRESHARK[command.id] } : command,
  )
}

/** Times count from this packet, or, where they do already, from the first; says which. */
export function countTimesFrom(view: ViewStore, row: number | undefined): string {
  const from = row === view.store.getState().reference ? undefined : row
  view.change({ reference: from })
  preferences.setState({ timeFormat: 'relative' })
  return from === undefined ? 'Times since the first packet' : 'Times since the selected packet'
}
