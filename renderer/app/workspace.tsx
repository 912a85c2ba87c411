import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { usePanelRef } from 'react-resizable-panels'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { asksForNotes } from '../../common/model/note.ts'
import type { CaptureFacts, ConversationRow } from '../../engine/engine.ts'
import { AddressItems } from '../components/address-items.ts'
import { FilterUseContext } from '../components/filter-items.ts'
import { isNarrowed } from '../components/filter-text.ts'
import { FramesBefore } from '../components/frame-number.ts'
import { queryOf } from '../components/query-of.ts'
import { useAnswer } from '../components/use-answer.ts'
import { Compare } from '../features/compare/index.tsx'
import { Hops } from '../features/hops/index.tsx'
import { Conversations } from '../features/conversations/index.tsx'
import { Findings } from '../features/findings/index.tsx'
import { Inspector } from '../features/inspector/index.tsx'
import { Latency } from '../features/latency/index.tsx'
import { StatusBar } from '../features/status/index.tsx'
import { Timeline } from '../features/timeline/index.tsx'
import type { CaptureSession } from './capture-session.ts'
import { Conditions } from './conditions.tsx'
import type { CommandRegistry } from './commands.ts'
import { EngineStopped } from './engine-stopped.tsx'
import type { HostConnection } from './host.ts'
import { Known } from './known.tsx'
import { LowerPane } from './lower-pane.tsx'
import { NoPackets } from './no-packets.tsx'
import { rememberFilter } from './preferences.ts'
import { ReadingBanners } from './reading-banners.tsx'
import { conversationText, rowMenus } from './row-menus.ts'
import { useAddressNames } from './use-address-names.ts'
import { useAnnouncement } from './use-announcement.ts'
import { useFilter } from './use-filter.tsx'
import { useFindings } from './use-findings.ts'
import { useNotes } from './use-notes.tsx'
import { usePacketSearch } from './use-packet-search.tsx'
import { useViewOfPart } from './part-view.ts'
import { focusFirst, showList } from './panes.ts'
import { packetsOfFinding } from './packets-of-finding.ts'
import { usePart } from './use-part.tsx'
import { useOtherCapture } from './use-other-capture.tsx'
import { useSaving } from './use-saving.tsx'
import type { ItemsOfAddress } from './use-shell-places.ts'
import { DETAIL_TABS, LIST_TABS, type ListTab, type TimeRange } from './view.ts'
import type { ViewStore } from './view-store.ts'
import { useStage } from './use-stage.ts'
import { workspaceCommands } from './workspace-commands.ts'
import { UPPER_SHARE, WorkspaceFrame } from './workspace-frame.tsx'
import { LIST_TITLES, Tabs } from './workspace-tabs.tsx'

export interface WorkspaceProps {
  readonly connection: HostConnection
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly commands: CommandRegistry
  /** Where in the top bar the filter goes. */
  readonly filterSlot: HTMLElement | null
  /** Of the program, for what is saved. */
  readonly appVersion: () => string
  readonly itemsOfAddress: ItemsOfAddress
  /** Of the window. */
  readonly banners: ReactNode
  /** Sets up a capture at the pods that have these addresses. */
  readonly onCaptureEnds: (addresses: readonly string[]) => void
}

/** An open capture: time axis on top, conversations and packets below, the inspector at the side. */
export function Workspace({
  connection,
  session,
  view: viewOfFile,
  commands,
  filterSlot,
  appVersion,
  itemsOfAddress,
  banners,
  onCaptureEnds,
}: WorkspaceProps): ReactNode {
  const progress = useStore(session.progress, (state) => state.progress)
  const crash = useStore(session.progress, (state) => state.crash)
  const resumed = useStore(session.progress, (state) => state.resumed)
  const view = useViewOfPart(viewOfFile, progress?.facts.part?.before ?? 0)
  const selectedInFile = useStore(viewOfFile.store, (state) => state.row)
  const filter = useStore(view.store, (state) => state.filter)
  const range = useStore(view.store, (state) => state.range)
  const conversation = useStore(view.store, (state) => state.conversation)
  const chosenList = useStore(view.store, (state) => state.list)
  const finding = useStore(view.store, (state) => state.finding)
  const listed = useStore(view.store, ({ detail }) => detail === undefined || detail === DETAIL_TABS[0])
  const order = useStore(view.store, (state) => state.order)
  const inspector = usePanelRef()
  const upper = usePanelRef()
  const [shown, setShown] = useState<number>()
  const [pointed] = useState(() => createStore<{ readonly range: TimeRange | undefined }>(() => ({ range: undefined })))
  const [announcement, announce] = useAnnouncement()
  const read = progress?.version ?? 0
  const names = useAddressNames(session, read)
  const field = useFilter({ session, view, commands, names })
  const { narrow, focus: focusFilter } = field
  const addressItems = useCallback(
    (address: string) => itemsOfAddress(address, names.get(address)?.name),
    [itemsOfAddress, names],
  )
  const reading = progress?.phase === 'reading'
  const findings = useFindings(session, progress)
  const { report, known } = findings
  // Start from the answer, where there is one.
  const list = chosenList ?? (report && report.findings.length > 0 ? 'findings' : 'conversations')

  const copy = useCallback(
    (text: string) => {
      navigator.clipboard.writeText(text).then(
        () => announce('Copied'),
        () => announce('The browser does not let this page copy'),
      )
    },
    [announce],
  )

  const notes = useNotes({ connection, session, view, commands, announce, onFilter: narrow })
  // All only grow, so their sum tells whether there is something new to ask.
  const version = read + resumed + (asksForNotes(filter) ? notes.revision : 0)
  const other = useOtherCapture({ connection, session, view, commands })
  const part = usePart({ session, view, commands, facts: progress?.facts })
  const search = usePacketSearch({ session, view, commands, facts: progress?.facts, focusFilter, announce })
  const saving = useSaving({ session, view, commands, appVersion, announce, copy })

  useEffect(
    () =>
      commands.register(
        workspaceCommands({
          session,
          view,
          focusFilter,
          toggleInspector: () => {
            const panel = inspector.current
            if (panel?.isCollapsed()) panel.expand()
            else panel?.collapse()
          },
          showInspector: () => inspector.current?.expand(),
          toggleLower: () => upper.current?.resize(upper.current.getSize().asPercentage > 30 ? '20%' : UPPER_SHARE),
          announce,
        }),
      ),
    [commands, session, view, inspector, upper, focusFilter, announce],
  )

  const onPoint = useCallback(
    (row: ConversationRow | undefined) => pointed.setState({ range: row && { from: row.firstTime, to: row.lastTime } }),
    [pointed],
  )

  // After the panes' own effects: what is given up by this, none of them wants any more.
  useEffect(() => {
    void session.engine.setView(queryOf({ filter, range, conversation }), order)
  }, [session, filter, range, conversation, order])

  const framed = useStage(1, true) === 1
  const stage = useStage(STAGES, progress !== undefined)
  const drawn = stage === STAGES
  useEffect(() => {
    if (drawn) session.progress.setState({ drawn })
  }, [drawn, session])
  // Arrow keys work at once: the list of conversations has the focus unless something else was given it.
  useEffect(() => {
    if (drawn && document.activeElement === document.body) focusFirst([`[data-grid=${list}]`])
  }, [drawn, list])

  // Where no list of packets counts them.
  const isCounted = !listed && isNarrowed({ filter, range, conversation })
  const { value: counted } = useAnswer(
    isCounted ? JSON.stringify([filter, range, conversation, version]) : undefined,
    () => session.engine.select(queryOf({ filter, range, conversation })),
  )
  const { value: chosen } = useAnswer(conversation === undefined ? undefined : `${conversation} ${version}`, () =>
    session.engine.conversation(conversation ?? 0),
  )

  if (crash !== undefined) {
    return (
      <>
        <EngineStopped why={crash} />
        {banners}
      </>
    )
  }
  const facts = progress?.facts
  if (progress && facts?.packets === 0 && !facts.part && progress.phase !== 'reading') {
    return (
      <>
        <NoPackets
          session={session}
          progress={progress}
          onOpen={() => commands.run('capture.open')}
          onClose={() => commands.run('capture.close')}
        />
        {banners}
      </>
    )
  }

  const { packetMenu, conversationMenu } = rowMenus({
    session,
    view,
    filterUse: field.use,
    addressItems,
    copy,
    notes,
    packetItems: (row) => saving.packetItems(row, chosen),
    onCaptureEnds,
  })

  const lists: Readonly<Record<ListTab, (facts: CaptureFacts) => ReactNode>> = {
    findings: (facts) => (
      <Findings
        {...findings}
        epochNs={facts.epochNs}
        waiting={findings.waiting && !reading}
        reading={reading}
        chosen={finding}
        onChoose={({ id }) => view.change({ finding: id })}
        onShow={(one) => {
          rememberFilter(one.filter)
          view.change(packetsOfFinding(one, facts), 'push')
        }}
        onTime={({ since, until }) => view.change({ range: { from: since, to: until + 1 } }, 'push')}
        onPacket={(row) => view.change({ row, detail: undefined })}
        onConversations={() => showList(view, 'conversations')}
        onCopy={copy}
        onCopyCommand={({ filter: condition }) => saving.copyCommand(condition)}
        onExport={({ id }) => {
          view.change({ finding: id })
          saving.exportFrom('evidence')
        }}
        onReport={() => saving.saveReport('html')}
      />
    ),
    conversations: () => (
      <Conversations
        session={session}
        view={view}
        version={version}
        reading={reading}
        menu={conversationMenu}
        onCopy={(row) => copy(conversationText(row))}
        onPoint={onPoint}
      />
    ),
    notes: (facts) => notes.pane(facts),
    compare: (facts) => <Compare session={session} view={view} facts={facts} version={version} other={other} />,
    hops: (facts) => (
      <Hops
        session={session}
        facts={facts}
        version={version}
        reading={reading}
        onPacket={(row) => view.change({ row, detail: undefined })}
        onOpen={() => commands.run('go.inspector')}
        onJoin={() => commands.run('capture.join')}
      />
    ),
    latency: (facts) => <Latency session={session} view={view} facts={facts} version={version} announce={announce} />,
  }

  const share = progress && progress.size > 0 ? progress.bytesRead / progress.size : 0
  return (
    <FramesBefore value={facts?.part?.before ?? 0}>
      <Known names={names} marks={notes.marks}>
        {filterSlot &&
          framed &&
          createPortal(
            <>
              {field.draw(search.find)}
              <Conditions view={view} conversation={chosen} onToggleInspector={() => commands.run('view.inspector')} />
            </>,
            filterSlot,
          )}
        {reading && (
          <div className="read-line" aria-hidden>
            <i style={{ transform: `scaleX(${share})` }} />
          </div>
        )}
        <main className="work">
          <WorkspaceFrame
            upperPanel={upper}
            sidePanel={inspector}
            time={
              facts && (
                <Timeline
                  session={session}
                  view={view}
                  facts={facts}
                  version={version}
                  findings={list === 'findings' ? findings.found : known}
                  omitted={report?.omitted ?? 0}
                  pointed={pointed}
                  onFilter={narrow}
                />
              )
            }
            upper={
              facts &&
              stage >= 1 && (
                <Tabs
                  // A hop needs two points; asked for by link or key, the pane says so.
                  ids={LIST_TABS.filter((id) => id !== 'hops' || list === 'hops' || facts.interfaces.length > 1)}
                  names={LIST_TITLES}
                  counts={{ findings: known && known.length + (report?.omitted ?? 0) }}
                  shown={list}
                  onShow={(id) => view.change({ list: id }, 'push')}
                  onEnter={(id) => showList(view, id)}
                >
                  {lists[list](facts)}
                </Tabs>
              )
            }
            lower={
              facts &&
              stage >= 2 && (
                <LowerPane
                  session={session}
                  view={view}
                  commands={commands}
                  facts={facts}
                  version={version}
                  reading={reading}
                  menu={packetMenu}
                  onShown={setShown}
                  onCopy={copy}
                />
              )
            }
            side={
              facts &&
              stage >= 3 && (
                <AddressItems value={addressItems}>
                  <FilterUseContext value={field.use}>
                    <Inspector
                      session={session}
                      view={view}
                      facts={facts}
                      version={version}
                      onFilter={narrow}
                      onCopy={copy}
                    />
                  </FilterUseContext>
                </AddressItems>
              )
            }
          />
        </main>
        {progress && (
          <ReadingBanners
            progress={progress}
            selected={selectedInFile}
            onPart={part.choose}
            onAgain={() => commands.run('capture.again')}
          />
        )}
        {banners}
        {progress ? (
          <StatusBar
            session={session}
            progress={progress}
            view={view}
            shown={listed ? shown : isCounted ? counted?.count : undefined}
            announcement={announcement}
          />
        ) : (
          <div className="status" />
        )}
        {saving.dialog(report, reading)}
        {notes.dialog()}
        {part.dialog()}
        {search.dialog()}
        {other.dialog()}
      </Known>
    </FramesBefore>
  )
}

/** After the time axis: the upper pane, the lower one, the inspector. */
const STAGES = 3
