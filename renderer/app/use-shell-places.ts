import { useCallback, useEffect, useMemo, useState } from 'react'
import type { CheckTarget } from '../../common/model/check.ts'
import type { CaptureOrder } from '../../common/model/live-capture.ts'
import type { TerminalTarget } from '../../common/model/terminal.ts'
import type { MenuItem } from '../components/context-menu.tsx'
import { useWatched } from '../components/use-watched.ts'
import { useRows } from '../features/explorer/index.tsx'
import type { CaptureSession } from './capture-session.ts'
import type { Command, CommandRegistry } from './commands.ts'
import type { HostConnection } from './host.ts'
import {
  checksTitle,
  placeOfNode,
  placesOfAddress,
  placesOfPod,
  shellTitle,
  type ClusterPlaces,
  type ShellPlace,
} from './shell-places.ts'

/** What can be done at a place; the same object as long as it does the same. */
export interface ShellActions {
  readonly onTerminal: (target: TerminalTarget) => void
  readonly onChecks: (target: CheckTarget, name: string) => void
}

export interface ShellPlacesParts {
  readonly connection: HostConnection
  readonly commands: CommandRegistry
  /** The open capture. */
  readonly session: CaptureSession | undefined
  /** What it was made by, while it is made by this host. */
  readonly live: CaptureOrder | undefined
  /** The context that this window was last about. */
  readonly context: string | undefined
  readonly actions: ShellActions
}

/** Menu items for an address of the open capture; `named` is the name that it has in the window. */
export type ItemsOfAddress = (address: string, named: string | undefined) => readonly MenuItem[]

export interface ShellPlaces {
  readonly items: ItemsOfAddress
  /** Why the last one that was asked for was not found. */
  readonly problem: string | undefined
  readonly dismiss: () => void
}

interface Wanted {
  readonly context: string
  readonly address: string
  readonly named: string | undefined
}

/**
 * The shells behind the addresses of the open capture. A cluster that is being captured in is watched meanwhile; another one is asked
 * when somebody wants a shell there, as that may take a login.
 */
export function useShellPlaces(parts: ShellPlacesParts): ShellPlaces {
  const { connection, commands, session, live, actions } = parts
  const path = session?.path
  const library = useWatched(connection, path !== undefined && !live ? 'library' : undefined, (host) =>
    host.capturing.watchLibrary(),
  )
  const order = live ?? library.value?.find((one) => one.path === path)?.order
  const context = session && (order?.context ?? parts.context)
  const [wanted, setWanted] = useState<Wanted>()
  const [asked, setAsked] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const watched = live ? context : asked === context ? asked : undefined

  const at = watched === undefined ? undefined : { context: watched, revision: 0 }
  const everywhere = useRows(connection, at && { ...at, kind: 'pods', namespace: '' })
  // Who may not list pods everywhere may do so where the capture was made.
  const first = order?.targets.find((target) => target.kind === 'pod')
  const narrow = everywhere.problems.some(({ forbidden }) => forbidden) && first !== undefined
  const nearby = useRows(connection, at && narrow ? { ...at, kind: 'pods', namespace: first.namespace } : undefined)
  const pods = narrow ? nearby : everywhere
  const nodes = useRows(connection, at && { ...at, kind: 'nodes', namespace: '' })
  const cluster = useMemo<ClusterPlaces | undefined>(
    () => (watched === undefined ? undefined : { context: watched, pods: pods.rows, nodes: nodes.rows }),
    // The maps are changed in place: their versions stand for what is in them.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [watched, pods.rows, pods.version, nodes.rows, nodes.version],
  )
  useShellOffers(commands, cluster, actions)

  const settled = (rows: typeof pods | typeof nodes) =>
    rows.synced || rows.error !== undefined || rows.problems.length > 0
  const known = cluster !== undefined && settled(pods) && settled(nodes)
  const untold = pods.error ?? pods.problems[0]?.message
  useEffect(() => {
    if (!wanted || !known || cluster.context !== wanted.context) return
    setWanted(undefined)
    const [place] = placesOfAddress(cluster, wanted.address, wanted.named)
    if (place) actions.onTerminal(place.target)
    else setProblem(untold ?? `No running pod or node of ${wanted.context} has the address ${wanted.address} now.`)
  }, [wanted, known, cluster, untold, actions])

  const items = useCallback<ItemsOfAddress>(
    (address, named) => {
      if (context === undefined) return []
      const places = cluster ? placesOfAddress(cluster, address, named) : []
      if (places.length > 0) {
        return [
          ...places.map((place) => ({
            title: shellTitle(place),
            hint: place.hint,
            run: () => actions.onTerminal(place.target),
          })),
          checksItem(places[0], actions),
        ]
      }
      if (known) {
        return [{ title: `Open a shell at ${address}`, hint: `no pod or node of ${context}`, disabled: true, run() {} }]
      }
      return [
        {
          title: `Open a shell at ${named ?? address}`,
          hint: `asks ${context}`,
          run: () => {
            setProblem(undefined)
            setAsked(context)
            setWanted({ context, address, named })
          },
        },
      ]
    },
    [context, cluster, known, actions],
  )
  const dismiss = useCallback(() => setProblem(undefined), [])
  return { items, problem, dismiss }
}

/** The palette knows the shells of a cluster that is looked at. */
export function useShellOffers(
  commands: CommandRegistry,
  cluster: ClusterPlaces | undefined,
  actions: ShellActions,
): void {
  useEffect(() => {
    if (!cluster) return
    const { pods, nodes } = cluster
    const offers = (places: readonly ShellPlace[]) => [
      ...places.map((place) => offer(place, shellTitle(place), () => actions.onTerminal(place.target))),
      ...places.slice(0, 1).map((place) => offer(place, checksTitle(place), checksItem(place, actions).run)),
    ]
    return commands.offer(() => [
      ...[...pods.values()].filter(({ running }) => running).flatMap((pod) => offers(placesOfPod(cluster, pod))),
      ...[...nodes.values()].flatMap((node) => offers([placeOfNode(cluster, node)])),
    ])
  }, [commands, cluster, actions])
}

function offer({ namespace }: ShellPlace, title: string, run: () => void): Command {
  const where = namespace === undefined ? '' : `, namespace ${namespace}`
  return { id: `terminal ${title}${where}`, title: `${title}${where}`, group: 'Terminal', run }
}

function checksItem(place: ShellPlace, { onChecks }: ShellActions): MenuItem {
  const { target } = place
  return { title: checksTitle(place), run: () => onChecks(target, target.kind === 'node' ? place.name : target.pod) }
}
