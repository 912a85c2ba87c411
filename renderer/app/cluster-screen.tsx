import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { Group, Panel, Separator, useDefaultLayout } from 'react-resizable-panels'
import { useStore } from 'zustand'
import type { ContextList } from '../../common/model/context.ts'
import type { NodeRow } from '../../common/model/explorer.ts'
import type { CaptureOrder, LiveCapture, PointTarget } from '../../common/model/live-capture.ts'
import { Pane } from '../components/pane.tsx'
import { PaneTabs } from '../components/pane-tabs.tsx'
import { useWatched } from '../components/use-watched.ts'
import { CaptureSetup, draftOf, keyOfPoint } from '../features/capture-setup/index.tsx'
import { ContextFiles, Contexts, Leftovers } from '../features/cluster/index.tsx'
import { Explorer, KIND_TITLES, useRows, type Chosen } from '../features/explorer/index.tsx'
import { Library } from '../features/library/index.tsx'
import { Banner } from './banner.tsx'
import type { CaptureDrafts } from './capture-drafts.ts'
import { ChosenBefore } from './chosen-before.tsx'
import type { CommandRegistry } from './commands.ts'
import type { HostConnection } from './host.ts'
import { DetailsPane } from './details-pane.tsx'
import { Namespaces } from './namespaces.tsx'
import { UnusableContext } from './unusable-context.tsx'
import { focusFirst, focusSoon } from './panes.ts'
import { useCapturePoints } from './use-capture-points.ts'
import { useFileDialog } from './use-file-dialog.ts'
import { useShellOffers, type ShellActions } from './use-shell-places.ts'
import { PLACE_TABS, type PlaceTab } from './view.ts'
import type { ViewStore } from './view-store.ts'
import './cluster-screen.css'

export interface ClusterScreenProps {
  readonly connection: HostConnection
  readonly commands: CommandRegistry
  readonly view: ViewStore
  readonly contexts: ContextList
  readonly live: readonly LiveCapture[]
  readonly drafts: CaptureDrafts
  /** Addresses whose pods are to be captured, once they are found. */
  readonly ends: readonly string[] | undefined
  readonly onEnds: (ends: undefined) => void
  /** The capture that was started from here, or why it could not be. */
  readonly startedId: string | undefined
  readonly startProblem: string | undefined
  readonly onStart: (order: CaptureOrder) => void
  readonly onResume: (name: string) => void
  readonly onOpenFile: (path: string) => void
  readonly onOpenLive: (sourceId: string) => void
  readonly onCopy: (text: string) => void
  readonly onDemo: () => Promise<void>
  readonly shells: ShellActions
}

const NO_NODES: ReadonlyMap<string, NodeRow> = new Map()
/** In the URL: all namespaces, where the context's own would be the default. */
const ALL = '*'
/** What had the focus is no longer there. */
const focusList = () => focusSoon(['.explorer-list [role=grid]'])

const TITLES: Readonly<Record<PlaceTab, string>> = { ...KIND_TITLES, captures: 'Captures', left: 'Left behind' }

/** A cluster: its contexts and namespaces at the left, its lists in the middle, what is chosen and to be captured at the right. */
export function ClusterScreen(props: ClusterScreenProps): ReactNode {
  const { connection, view, contexts, drafts } = props
  const { host } = connection
  const named = useStore(view.store, (state) => state.context)
  const chosenNamespace = useStore(view.store, (state) => state.namespace)
  const place = useStore(view.store, (state) => state.place) ?? PLACE_TABS[0]
  const hasFileDialog = useFileDialog(connection)
  const layout = useDefaultLayout({ id: 'hopscope.cluster', storage: localStorage })
  const context =
    contexts.contexts.find(({ name }) => name === named) ??
    contexts.contexts.find(({ current }) => current) ??
    contexts.contexts[0]
  const name = context?.name
  const draft = useStore(drafts.store, (state) => state.drafts.get(name ?? ''))
  const cleared = useStore(drafts.store, (state) => state.cleared.get(name ?? ''))
  const usable = context !== undefined && context.state !== 'not-asked' && context.state !== 'needs-login'
  // Who may not list pods everywhere begins in the namespace of the context.
  const narrow = context?.missing.includes('list pods') ?? false
  const namespace = chosenNamespace === ALL ? '' : (chosenNamespace ?? (narrow ? (context?.namespace ?? '') : ''))
  const at = { context: name ?? '', revision: contexts.revision }
  const pods = useRows(connection, usable ? { ...at, kind: 'pods', namespace } : undefined)
  const seen = useMemo(
    () => (name === undefined ? undefined : { context: name, pods: pods.rows, nodes: NO_NODES }),
    [name, pods.rows],
  )
  useShellOffers(props.commands, seen, props.shells)
  const namespaces = useRows(connection, usable ? { ...at, kind: 'namespaces', namespace: '' } : undefined)
  const services = useRows(connection, usable && draft ? { ...at, kind: 'services', namespace } : undefined)
  const library = useWatched(connection, place === 'captures' ? 'library' : undefined, (contract) =>
    contract.capturing.watchLibrary(),
  )
  const sweeps = useWatched(connection, 'sweeps', (contract) => contract.clusters.watchSweeps())
  const [chosen, setChosen] = useState<Chosen>()
  const [side, setSide] = useState<'details' | 'capture'>(draft?.targets.length ? 'capture' : 'details')
  const left = (sweeps.value ?? []).reduce((sum, { leftovers }) => sum + leftovers.length, 0)
  const { points, lost, forgetLost, takeOff, togglePoints, addPoints, bySelector } = useCapturePoints({
    context: name,
    drafts,
    draft,
    pods,
    ends: props.ends,
    onEnds: props.onEnds,
    onChanged: () => setSide('capture'),
  })
  const starting = props.live.find(({ id }) => id === props.startedId)

  const { commands } = props
  const restore = useCallback(() => {
    if (name === undefined) return
    drafts.restore(name)
    focusList()
  }, [drafts, name])
  useEffect(
    () =>
      commands.register([
        {
          id: 'capture.restore',
          title: 'Choose again what was cleared or replaced',
          group: 'Capture',
          keys: ['Ctrl+Z'],
          inText: false,
          enabled: () => name !== undefined && drafts.store.getState().cleared.has(name),
          run: restore,
        },
        {
          id: 'cluster.search',
          title: 'Search the list',
          group: 'Go',
          keys: ['/', 'Ctrl+F'],
          run: () => focusFirst(['.explorer-search']),
        },
      ]),
    [commands, drafts, name, restore],
  )

  const logIn = (to: string) => props.shells.onTerminal({ kind: 'login', context: to })

  function go(change: { context?: string; namespace?: string | undefined; place?: PlaceTab }): void {
    view.change(change, 'push')
  }

  function capture(targets: readonly PointTarget[], title: string, follow: CaptureOrder['follow']): void {
    addPoints(targets, title, follow)
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.start-capture .button')?.focus())
  }

  const copy = props.onCopy
  const files = new Set(contexts.files.filter(({ added }) => added).map(({ path }) => path))
  const tabs = PLACE_TABS.map((id) => ({
    id,
    title: TITLES[id],
    ...(id === 'left' && left > 0 ? { count: left } : {}),
    show: () => go({ place: id }),
    enter: () => {
      go({ place: id })
      focusSoon([`[data-grid="${id === 'captures' ? 'library' : `explorer.${id}`}"]`])
    },
  }))
  return (
    <>
      <main className="work">
        <h1 className="aloud">Clusters and captures</h1>
        <Group orientation="horizontal" {...layout}>
          <Panel id="contexts" defaultSize={204} minSize={160} groupResizeBehavior="preserve-pixel-size">
            <div className="cluster-side">
              <h2>Contexts</h2>
              <Contexts
                list={contexts}
                selected={name}
                onSelect={(to) => {
                  setChosen(undefined)
                  go({ context: to, namespace: undefined })
                  const entry = contexts.contexts.find((one) => one.name === to)
                  if (entry?.state === 'not-asked') void host.clusters.askContext(to).catch(() => undefined)
                }}
                onAsk={(to) => void host.clusters.askContext(to).catch(() => undefined)}
                onLogIn={logIn}
              />
              <ContextFiles
                list={contexts}
                onAdd={(path) => host.clusters.addFile(path)}
                onChoose={hasFileDialog ? () => host.clusters.chooseFile() : undefined}
                onRemove={(path) => void host.clusters.removeFile(path).catch(() => undefined)}
              />
              {usable && (
                <Namespaces
                  rows={namespaces}
                  shown={namespace}
                  onShow={(to) => go({ namespace: to === '' ? ALL : to })}
                />
              )}
            </div>
          </Panel>
          <Separator className="separator vertical" aria-label="Width of the contexts" />
          <Panel id="lists" minSize={320}>
            <PaneTabs tabs={tabs} shown={place}>
              {middle()}
            </PaneTabs>
          </Panel>
          <Separator className="separator vertical" aria-label="Width of the details" />
          <Panel
            id="details"
            defaultSize={Math.min(344, window.innerWidth * 0.27)}
            minSize={260}
            groupResizeBehavior="preserve-pixel-size"
          >
            <PaneTabs
              shown={side}
              tabs={[
                { id: 'details', title: 'Details', show: () => setSide('details') },
                {
                  id: 'capture',
                  title: 'Capture',
                  ...(points.length > 0 ? { count: points.length } : {}),
                  show: () => setSide('capture'),
                },
              ]}
            >
              {side === 'details' ? details() : setup()}
            </PaneTabs>
          </Panel>
        </Group>
      </main>
      {/* Below the lists, which so stay where they are. */}
      {lost && (
        <Banner tone="warn" actions={[{ title: 'Dismiss', run: forgetLost }]}>
          No running pod that is listed here has the address {lost.join(' or ')}: it may be a service, a node, a pod
          that is gone, or in another cluster or namespace.
        </Banner>
      )}
      {context?.demo && (
        <Banner tone="note">
          This is a demo: a small shop that runs on this machine only, with troubles of its own. Capture at the pod
          checkout for half a minute to see some. It is no evidence of anything.
        </Banner>
      )}
    </>
  )

  function middle(): ReactNode {
    if (place === 'captures') {
      return (
        <Library
          captures={library.value}
          problem={library.error}
          onOpen={({ path, state, name: file }) => {
            const running = props.live.find((one) => state === 'live' && one.file.endsWith(file))
            if (running?.sourceId) props.onOpenLive(running.sourceId)
            else props.onOpenFile(path)
          }}
          onRepeat={({ order }) => {
            if (!order) return
            drafts.replace(draftOf(order))
            go({ context: order.context })
            setSide('capture')
          }}
          onResume={(one) => props.onResume(one.name)}
          onDelete={(one) => void host.capturing.deleteCapture(one.name).catch(() => undefined)}
        />
      )
    }
    if (place === 'left') {
      return (
        <Leftovers
          context={name}
          reports={sweeps.value ?? []}
          onFind={(to) => void host.clusters.findLeftovers(to).catch(() => undefined)}
          onRemove={(to) => void host.clusters.removeLeftovers(to).catch(() => undefined)}
        />
      )
    }
    if (!context || !usable) {
      return (
        <Pane title={TITLES[place]}>
          <UnusableContext
            context={context}
            files={contexts.files}
            onDemo={props.onDemo}
            onLogIn={logIn}
            onAsk={(to) => void host.clusters.askContext(to).catch(() => undefined)}
          />
        </Pane>
      )
    }
    return (
      <Explorer
        host={connection}
        context={{ ...context, added: files.has(context.file) }}
        revision={contexts.revision}
        kind={place}
        namespace={namespace}
        pods={pods}
        points={points}
        onPoints={togglePoints}
        onCapture={capture}
        chosen={chosen}
        onChoose={(next) => {
          setChosen(next)
          setSide('details')
        }}
        onCopy={copy}
        {...props.shells}
      />
    )
  }

  function details(): ReactNode {
    return (
      <DetailsPane
        host={connection}
        context={chosen || usable ? name : undefined}
        chosen={chosen}
        pods={pods}
        onPod={(row) => {
          setChosen({ kind: 'pods', row })
          go({ place: 'pods' })
        }}
        onCapture={capture}
      />
    )
  }

  function setup(): ReactNode {
    if (points.length === 0 || name === undefined || !draft) {
      return (
        <Pane title="Capture">
          <div className="cluster-details">
            <p className="quiet">
              Nothing is chosen yet.
              {usable &&
                ' Press Enter on a pod, a workload, a service or a node, or Space on several: they are captured together, into one file.'}
            </p>
            {cleared && <ChosenBefore targets={cleared.targets} became="cleared" onUndo={restore} />}
          </div>
        </Pane>
      )
    }
    return (
      <CaptureSetup
        key={name}
        clusters={host.clusters}
        capturing={host.capturing}
        draft={draft}
        onDraft={(next) => drafts.put(next)}
        onSelector={bySelector}
        onRemove={(target) => {
          const others = points.filter((one) => keyOfPoint(one) !== keyOfPoint(target))
          takeOff(others)
          if (others.length === 0) focusList()
        }}
        onClose={() => {
          drafts.clear(name)
          focusList()
        }}
        onCopy={copy}
        addressesOfPoint={(target) =>
          target.kind === 'pod' ? (pods.rows.get(`${target.namespace}/${target.pod}`)?.addresses ?? []) : []
        }
        addressesOf={(wanted) => addressesOf(wanted)}
        onStart={props.onStart}
        starting={starting}
        startProblem={props.startProblem}
        onStop={(id) => void host.capturing.stop(id).catch(() => undefined)}
      >
        {cleared && <ChosenBefore targets={cleared.targets} became="replaced" onUndo={restore} />}
      </CaptureSetup>
    )
  }

  function addressesOf(wanted: string): readonly string[] {
    const is = (row: { readonly key: string; readonly name: string }) => row.name === wanted || row.key === wanted
    const pod = [...pods.rows.values()].find(is)
    if (pod) return pod.addresses
    const service = [...services.rows.values()].find(is)
    // A pod sees the service's address before, and the endpoint's after its node translated it.
    return service ? [...service.addresses, ...service.endpoints.map(({ address }) => address)] : []
  }
}
