import { useEffect, useMemo, useRef, useState } from 'react'
import type { CaptureOrder, LiveCapture } from '../../common/model/live-capture.ts'
import { useWatched } from '../components/use-watched.ts'
import type { Captures } from './captures.ts'
import type { HostConnection } from './host.ts'

/** The captures that the host makes, and what this window does with them. */
export interface LiveCaptures {
  readonly live: readonly LiveCapture[]
  /** The one that was started here last. */
  readonly startedId: string | undefined
  /** Why the last thing that was asked could not be done. */
  readonly problem: string | undefined
  /** Those whose strip was closed. */
  readonly dismissed: ReadonlySet<string>
  readonly start: (order: CaptureOrder) => void
  readonly resume: (name: string) => void
  readonly stop: (id: string) => void
  readonly abandon: (id: string) => void
  readonly extend: (id: string, seconds: number | undefined) => void
  readonly dismiss: (id: string) => void
  readonly dismissProblem: () => void
  /** Shows one by the id of its growing file. */
  readonly open: (sourceId: string) => void
}

const NONE: readonly LiveCapture[] = []

/** One that is started here is shown as soon as its file is there. */
export function useLiveCaptures(connection: HostConnection, captures: Captures): LiveCaptures {
  const { host } = connection
  const told = useWatched(connection, 'live', (contract) => contract.capturing.watchLive())
  const [startedId, setStartedId] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set())
  const live = told.value ?? NONE
  const shown = useRef(new Set<string>())

  const actions = useMemo(() => {
    const asked = (work: Promise<unknown>) => {
      setProblem(undefined)
      work.catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
    }
    return {
      start: (order: CaptureOrder) => asked(host.capturing.start(order).then(setStartedId)),
      resume: (name: string) => asked(host.capturing.resume(name).then(setStartedId)),
      stop: (id: string) => asked(host.capturing.stop(id)),
      abandon: (id: string) => asked(host.capturing.abandon(id)),
      extend: (id: string, seconds: number | undefined) => asked(host.capturing.extend(id, seconds)),
      dismissProblem: () => setProblem(undefined),
      dismiss: (id: string) => setDismissed((before) => new Set([...before, id])),
      open: (sourceId: string) => asked(host.captures.source(sourceId).then((source) => captures.openSource(source))),
    }
  }, [host, captures])

  const started = live.find(({ id }) => id === startedId)
  const sourceId = started?.state === 'preparing' ? undefined : started?.sourceId
  useEffect(() => {
    if (sourceId === undefined || startedId === undefined || shown.current.has(startedId)) return
    shown.current.add(startedId)
    actions.open(sourceId)
  }, [sourceId, startedId, actions])

  return useMemo(
    () => ({ live, startedId, problem, dismissed, ...actions }),
    [live, startedId, problem, dismissed, actions],
  )
}
