import { ChevronsUpDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { CaptureFacts, PacketRow } from '../../engine/engine.ts'
import type { MenuPlace } from '../components/context-menu.tsx'
import { IconButton } from '../components/icon-button.tsx'
import { FollowStream, Graph, Ladder } from '../features/conversation/index.ts'
import { Packets } from '../features/packets/index.tsx'
import type { CaptureSession } from './capture-session.ts'
import type { CommandRegistry } from './commands.ts'
import { showDetail } from './panes.ts'
import { preferences } from './preferences.ts'
import { packetText } from './row-menus.ts'
import type { ViewStore } from './view-store.ts'
import { DETAIL_TABS, type DetailTab } from './view.ts'
import { DETAIL_TITLES, Tabs } from './workspace-tabs.tsx'

interface LowerPaneProps {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly commands: CommandRegistry
  readonly facts: CaptureFacts
  /** Changes when there is something new to ask. */
  readonly version: number
  readonly reading: boolean
  /** Of a packet. */
  readonly menu: (row: PacketRow) => MenuPlace['items']
  /** How many packets are listed. */
  readonly onShown: (count: number | undefined) => void
  readonly onCopy: (text: string) => void
}

/** The packets that are looked at, or one conversation from close by. */
export function LowerPane({
  session,
  view,
  commands,
  facts,
  version,
  reading,
  menu,
  onShown,
  onCopy,
}: LowerPaneProps): ReactNode {
  const detail = useStore(view.store, (state) => state.detail) ?? DETAIL_TABS[0]
  const timeFormat = useStore(preferences, (state) => state.timeFormat)
  const toInspector = () => commands.run('go.inspector')

  const panes: Readonly<Record<DetailTab, () => ReactNode>> = {
    packets: () => (
      <Packets
        session={session}
        view={view}
        facts={facts}
        version={version}
        reading={reading}
        timeFormat={timeFormat}
        menu={menu}
        onShown={onShown}
        onOpen={toInspector}
        onCopy={(row) => onCopy(packetText(row))}
      />
    ),
    graph: () => <Graph session={session} view={view} version={version} />,
    ladder: () => <Ladder session={session} view={view} version={version} menu={menu} onOpen={toInspector} />,
    follow: () => <FollowStream session={session} view={view} version={version} onCopy={onCopy} />,
  }
  return (
    <Tabs
      ids={DETAIL_TABS}
      names={DETAIL_TITLES}
      shown={detail}
      onShow={(id) => view.change({ detail: id }, 'push')}
      onEnter={(id) => showDetail(view, id)}
      action={
        <IconButton
          icon={ChevronsUpDown}
          label="Most of the height, or not"
          title="Most of the height, or not (X)"
          onClick={() => commands.run('view.lower')}
        />
      }
    >
      {panes[detail]()}
    </Tabs>
  )
}
