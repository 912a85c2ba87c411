import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { AppFacts } from '../../common/contract.ts'
import type { CheckTarget } from '../../common/model/check.ts'
import type { ContextList } from '../../common/model/context.ts'
import type { CaptureOrder } from '../../common/model/live-capture.ts'
import { useWatched } from '../components/use-watched.ts'
import { draftOf } from '../features/capture-setup/index.tsx'
import { RunChecks } from '../features/checks/index.tsx'
import { Contexts } from '../features/cluster/index.tsx'
import { LiveStrip } from '../features/live/index.tsx'
import { Mark } from '../features/start/mark.tsx'
import { Start } from '../features/start/index.tsx'
import { createDrawer } from '../features/terminals/state.ts'
import { EmptyState } from '../components/empty-state.tsx'
import { keepNote, type NotedCapture } from './capture-notes.ts'
import { createCaptureDrafts } from './capture-drafts.ts'
import { createCaptures } from './captures.ts'
import { ClusterScreen } from './cluster-screen.tsx'
import { createCommandRegistry } from './commands.ts'
import { DropZone } from './drop-zone.tsx'
import type { HostConnection } from './host.ts'
import { KeyHelp } from './key-help.tsx'
import { keyLabels } from './keys.ts'
import { Palette } from './palette.tsx'
import { keepFocus } from './panes.ts'
import { TerminalDrawer } from './terminal-drawer.tsx'
import { TopButtons } from './top-buttons.tsx'
import { useJoin } from './use-join.tsx'
import { useKeys } from './use-keys.ts'
import { useLiveCaptures } from './use-live-captures.ts'
import { useMarkedTime } from './use-marked-time.ts'
import { useStage } from './use-stage.ts'
import { useTheme } from './use-theme.ts'
import { useShellPlaces, type ShellActions } from './use-shell-places.ts'
import { createViewStore } from './view-store.ts'
import { WindowBanners } from './window-banners.tsx'
import { windowCommands, type WindowDialog } from './window-commands.ts'
import { Workspace } from './workspace.tsx'
import './app.css'

/** The window: its top bar, what is open in it, and what belongs to all of it. Made once. */
export function App({ connection }: { readonly connection: HostConnection }): ReactNode {
  const facts = useRef<AppFacts>(undefined)
  const appVersion = useCallback(() => facts.current?.version ?? '', [])
  const [commands] = useState(createCommandRegistry)
  const [view] = useState(() => createViewStore(window))
  const [captures] = useState(() => createCaptures(connection, view, () => facts.current?.hasFileDialog ?? false))
  const { theme, nextTheme } = useTheme(connection)
  const [dialog, setDialog] = useState<WindowDialog>()
  const state = useStore(captures.store)
  const screen = useStore(view.store, (now) => now.screen)
  const [drafts] = useState(createCaptureDrafts)
  const [ends, setEnds] = useState<readonly string[]>()
  const [drawer] = useState(createDrawer)
  const [checking, setChecking] = useState<{ readonly target: CheckTarget; readonly place: string }>()
  const context = useStore(view.store, (now) => now.context)
  const namespace = useStore(view.store, (now) => now.namespace)
  const localShell = useMemo(() => ({ kind: 'local' as const, context, namespace }), [context, namespace])
  const status = useSyncExternalStore(
    useCallback((listener: () => void) => connection.onStatus(listener), [connection]),
    () => connection.status(),
  )

  useEffect(() => {
    const control = new AbortController()
    const { signal } = control
    // A host that refuses or is away is reported by the connection's status; this only waits for it.
    connection
      .commands((command) => {
        if (command.kind === 'open-capture') captures.openSource(command.capture)
        else commands.run(command.command)
      }, signal)
      .catch(() => undefined)
    return () => {
      control.abort()
    }
  }, [connection, captures, commands])

  useEffect(() => {
    if (status.state !== 'connected') return
    connection.host.app.facts().then(
      (answer) => (facts.current = answer),
      () => undefined,
    )
  }, [connection, status])

  const wasLost = useRef(false)
  useEffect(() => {
    if (status.state === 'lost') wasLost.current = true
    if (status.state !== 'connected' || !wasLost.current) return
    wasLost.current = false
    const now = captures.store.getState()
    if (now.kind === 'open') now.session.askAgain()
  }, [captures, status])

  // Contexts are asked how they are only while somebody sees it.
  const atStart = state.kind !== 'open' && state.kind !== 'opening'
  const contexts = useWatched(connection, atStart ? 'contexts' : undefined, (host) => host.clusters.watchContexts())
  const liveCaptures = useLiveCaptures(connection, captures)
  const { live } = liveCaptures
  const shownId = state.kind === 'open' && state.session.ref.kind === 'host' ? state.session.ref.id : undefined
  const shownLive = live.find(({ sourceId }) => sourceId !== undefined && sourceId === shownId)
  const noted: NotedCapture | undefined =
    state.kind === 'open' && shownId !== undefined
      ? { id: shownId, name: state.session.name, live: shownLive !== undefined && shownLive.endedAt === undefined }
      : undefined
  const marked = useMarkedTime(state.kind === 'open' ? state.session : undefined, view)
  const elsewhere = live.find((one) => one.endedAt === undefined && one.sourceId !== undefined && one !== shownLive)
  const actions = useMemo<ShellActions>(
    () => ({
      onTerminal: (target) => drawer.add(target),
      onChecks: (target, place) => setChecking({ target, place }),
    }),
    [drawer],
  )
  const shells = useShellPlaces({
    connection,
    commands,
    session: state.kind === 'open' ? state.session : undefined,
    live: shownLive?.order,
    context,
    actions,
  })
  const openClusters = useCallback(
    (context?: string) => {
      if (captures.store.getState().kind !== 'none') captures.close()
      view.change({ screen: 'cluster', ...(context === undefined ? {} : { context, namespace: undefined }) }, 'push')
    },
    [captures, view],
  )
  const startDemo = async () => openClusters(await connection.host.clusters.startDemo())
  const goHome = () => {
    captures.close()
    view.change({ screen: undefined }, 'push')
  }
  const repeat = (order: CaptureOrder) => {
    drafts.replace(draftOf(order))
    view.change({ namespace: undefined, place: undefined }, 'replace')
    openClusters(order.context)
  }
  const copy = (text: string) => void navigator.clipboard.writeText(text).catch(() => undefined)

  useKeys(commands, captures)

  const capturing = useRef<string>(undefined)
  capturing.current = shownLive?.state === 'capturing' ? shownLive.id : undefined
  // Its strip has other buttons then, and none while the host is away.
  useEffect(keepFocus, [shownLive?.state, status.state])
  const { stop } = liveCaptures
  useEffect(
    () =>
      commands.register(
        windowCommands({
          captures,
          capturing: () => capturing.current,
          openClusters,
          stop,
          nextTheme,
          showDialog: setDialog,
        }),
      ),
    [commands, captures, nextTheme, openClusters, stop],
  )

  const Name = state.kind === 'open' ? 'h1' : 'span'
  const name = state.kind === 'open' ? state.session.name : state.kind === 'none' ? undefined : state.name
  useEffect(() => {
    document.title = name === undefined ? 'Hopscope' : `${name} – Hopscope`
  }, [name])

  // The top bar first, what is below it in a task of its own.
  const stage = useStage(1, true)
  const [filterSlot, setFilterSlot] = useState<HTMLElement | null>(null)
  const join = useJoin({ connection, captures, commands, view })
  const { addFiles, choosing } = join
  const onFiles = useCallback(
    (files: readonly File[]) => {
      if (files.length > 1 || choosing) addFiles(files)
      else captures.openFile(files[0])
    },
    [captures, addFiles, choosing],
  )
  const banners = (
    <WindowBanners
      status={status}
      onRetry={() => connection.retry()}
      problems={[
        state.kind === 'open' && { text: state.notice, dismiss: () => captures.dismissNotice() },
        screen !== 'cluster' && { text: liveCaptures.problem, dismiss: liveCaptures.dismissProblem },
        { text: shells.problem, dismiss: shells.dismiss },
        { text: join.problem, dismiss: join.dismissProblem },
      ]}
    />
  )
  return (
    <div className="app">
      <header className="top">
        <button
          type="button"
          className="top-home"
          onClick={goHome}
          aria-label="Hopscope: back to the start"
          title="Back to the start"
        >
          <Mark size={22} />
        </button>
        {name !== undefined && (
          <Name className="top-name" title={state.kind === 'open' ? state.session.path : undefined}>
            {name}
          </Name>
        )}
        <div ref={setFilterSlot} className="top-filter" />
        {elsewhere?.sourceId !== undefined && (
          <button
            type="button"
            className="top-live"
            title="Show it"
            onClick={() => liveCaptures.open(elsewhere.sourceId ?? '')}
          >
            <i aria-hidden />
            <span>Capturing {elsewhere.title}</span>
          </button>
        )}
        <TopButtons
          commands={commands}
          theme={theme}
          onClusters={() => openClusters()}
          onPalette={() => setDialog('palette')}
          onKeys={() => setDialog('keys')}
          onTheme={nextTheme}
        />
      </header>
      {state.kind === 'open' && shownLive && !liveCaptures.dismissed.has(shownLive.id) && (
        <LiveStrip
          capture={shownLive}
          session={state.session}
          lost={status.state === 'lost'}
          onStop={liveCaptures.stop}
          onAbandon={liveCaptures.abandon}
          onExtend={liveCaptures.extend}
          onRepeat={({ order }) => repeat(order)}
          onClose={() => {
            liveCaptures.dismiss(shownLive.id)
            keepFocus()
          }}
        />
      )}
      {stage === 1 && (
        <TerminalDrawer
          connection={connection}
          commands={commands}
          drawer={drawer}
          usual={localShell}
          capture={shownId}
          marked={marked}
          onCommand={noted?.live ? (text, at) => keepNote(connection.host, noted, text, at, 'command') : undefined}
        >
          {state.kind === 'open' ? (
            <Workspace
              key={sessionKey(state.session)}
              connection={connection}
              session={state.session}
              view={view}
              commands={commands}
              filterSlot={filterSlot}
              appVersion={appVersion}
              itemsOfAddress={shells.items}
              banners={banners}
              onCaptureEnds={(addresses) => {
                setEnds(addresses)
                openClusters(shownLive?.context)
              }}
            />
          ) : state.kind === 'opening' ? (
            <main className="start">
              <EmptyState title={`${state.name} is being opened`} />
            </main>
          ) : screen === 'cluster' && state.kind === 'none' ? (
            <ClusterScreen
              connection={connection}
              commands={commands}
              view={view}
              contexts={contexts.value ?? NO_CONTEXTS}
              live={live}
              drafts={drafts}
              ends={ends}
              onEnds={setEnds}
              startedId={liveCaptures.startedId}
              startProblem={liveCaptures.problem}
              onStart={liveCaptures.start}
              onResume={liveCaptures.resume}
              onOpenFile={(path) => captures.openPath(path)}
              onOpenLive={liveCaptures.open}
              onCopy={copy}
              onDemo={startDemo}
              shells={actions}
            />
          ) : (
            <Start
              clusters={
                contexts.value && (
                  <Contexts
                    list={contexts.value}
                    onSelect={openClusters}
                    onAsk={(name) => void connection.host.clusters.askContext(name).catch(() => undefined)}
                    onLogIn={(name) => drawer.add({ kind: 'login', context: name })}
                  />
                )
              }
              refused={status.state === 'refused'}
              onClusters={() => openClusters()}
              onDemo={contexts.value?.contexts.some(({ demo }) => demo) ? undefined : startDemo}
              captures={connection.host.captures}
              connected={status.state === 'connected'}
              openKeys={keyLabels('Ctrl+O')}
              onOpen={() => captures.choose()}
              onSample={(sample) => captures.openSample(sample)}
              onRecent={(path) => captures.openPath(path)}
            >
              {state.kind === 'failed' && (
                <EmptyState
                  tone="bad"
                  title={`${state.name} could not be opened`}
                  actions={[
                    { title: 'Try again', run: state.retry },
                    { title: 'Dismiss', run: () => captures.close() },
                  ]}
                >
                  {state.reason}
                </EmptyState>
              )}
              {state.kind === 'lost' && (
                <EmptyState
                  title={`Choose ${state.name} again`}
                  actions={[
                    { title: 'Choose the file', run: () => captures.choose() },
                    { title: 'Dismiss', run: () => captures.close() },
                  ]}
                >
                  It was dropped into this window before, and a page may not keep a file across a reload. Filter, times
                  and selection are still here and will be applied to it.
                </EmptyState>
              )}
            </Start>
          )}
          {state.kind !== 'open' && banners}
        </TerminalDrawer>
      )}
      <DropZone onFiles={onFiles} />
      {join.dialog()}
      {checking && (
        <RunChecks
          target={checking.target}
          name={checking.place}
          run={(target, checks) => connection.host.checks.run(target, checks)}
          capture={noted?.name}
          onKeep={async (text, at) => noted && keepNote(connection.host, noted, text, at, 'check')}
          onCopy={copy}
          onClose={() => setChecking(undefined)}
        />
      )}
      {dialog === 'keys' && <KeyHelp commands={commands} onClose={() => setDialog(undefined)} />}
      {dialog === 'palette' && <Palette commands={commands} onClose={() => setDialog(undefined)} />}
    </div>
  )
}

const NO_CONTEXTS: ContextList = { contexts: [], files: [], problems: [], revision: 0 }

let sessions = 0
const sessionKeys = new WeakMap<object, number>()

/** A workspace belongs to one session: another one starts with fresh lists. */
function sessionKey(session: object): number {
  const known = sessionKeys.get(session)
  if (known !== undefined) return known
  sessionKeys.set(session, ++sessions)
  return sessions
}
