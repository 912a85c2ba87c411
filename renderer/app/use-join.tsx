import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react'
import { JoinCaptures, type JoinStage } from '../features/join/index.tsx'
import { chooseInBrowser, type Captures } from './captures.ts'
import type { CaptureSession } from './capture-session.ts'
import type { CommandRegistry } from './commands.ts'
import type { HostConnection } from './host.ts'
import { type JoinSource, type PendingJoin, runJoin } from './join-run.ts'
import type { ViewStore } from './view-store.ts'

interface JoinParts {
  readonly connection: HostConnection
  readonly captures: Captures
  readonly commands: CommandRegistry
  readonly view: ViewStore
}

/** A file that was named, here or with the host. */
interface NamedFile {
  readonly key: string
  readonly name: string
  readonly size: number
  readonly from: JoinSource
}

/** What is being put together, as long as its dialog is there. */
interface Joining {
  readonly open: CaptureSession | undefined
  readonly files: readonly NamedFile[]
  readonly chosen: ReadonlySet<string>
}

const CHOOSING: JoinStage = { kind: 'choosing' }
const NOTHING_CHOSEN: Joining = { open: undefined, files: [], chosen: new Set() }

/** Several captures as one, with the points of all: from the open one, or from files. */
export function useJoin({ connection, captures, commands, view }: JoinParts) {
  const [joining, setJoining] = useState<Joining>()
  const [stage, setStage] = useState(CHOOSING)
  const [problem, setProblem] = useState<string>()
  /** Of the join that is being made. */
  const running = useRef<AbortController>(undefined)
  const pending = useRef<PendingJoin>(undefined)

  const giveUp = useCallback((): void => {
    running.current?.abort()
    running.current = undefined
    pending.current?.[Symbol.dispose]()
    pending.current = undefined
    setStage(CHOOSING)
  }, [])
  useEffect(() => giveUp, [giveUp])

  useEffect(
    () =>
      commands.register([
        {
          id: 'capture.join',
          title: 'Join with captures of other points',
          wireshark: 'Merge',
          group: 'Capture',
          run: () => {
            const state = captures.store.getState()
            setJoining({ ...NOTHING_CHOSEN, open: state.kind === 'open' ? state.session : undefined })
          },
        },
      ]),
    [captures, commands],
  )

  const fail = (error: unknown) =>
    setStage({ kind: 'choosing', problem: error instanceof Error ? error.message : String(error) })

  /** Several files, or more for what is being chosen. */
  const addFiles = useCallback((files: readonly File[]) => {
    const named = files.map((file) => ({
      key: `${file.name} ${file.size} ${file.lastModified}`,
      name: file.name,
      size: file.size,
      from: { kind: 'file' as const, file, notes: [] },
    }))
    setJoining((now = NOTHING_CHOSEN) => withFiles(now, named))
  }, [])

  async function addFile(): Promise<void> {
    const { hasFileDialog } = await connection.host.app.facts()
    if (!hasFileDialog) {
      const file = await chooseInBrowser()
      if (file) addFiles([file])
      return
    }
    const source = await connection.host.captures.chooseFile()
    if (!source) return
    const { id, name, size } = source
    setJoining((now) => now && withFiles(now, [{ key: id, name, size, from: { kind: 'host', id } }]))
  }

  function run({ open, files, chosen }: Joining): void {
    const control = new AbortController()
    running.current = control
    setStage({ kind: 'joining', share: 0 })
    const sources = [
      ...(open ? [sourceOf(open)] : []),
      ...files.map(({ from }) => from),
      ...[...chosen].map((path) => ({ kind: 'path' as const, path })),
    ]
    const report = (share: number) => !control.signal.aborted && setStage({ kind: 'joining', share })
    runJoin(connection, sources, report, control.signal).then(
      (made) => {
        if (control.signal.aborted) return made[Symbol.dispose]()
        pending.current = made
        const { cut, doubts } = made.joined
        if (cut.length + doubts.length > 0) setStage({ kind: 'asking', joined: made.joined })
        else keep()
      },
      (error: unknown) => !control.signal.aborted && fail(error),
    )
  }

  function keep(): void {
    const made = pending.current
    if (!made) return
    pending.current = undefined
    made.keep().then(({ source, problem: missing }) => {
      setProblem(missing)
      setJoining(undefined)
      setStage(CHOOSING)
      captures.openSource(source)
      view.change({ list: 'hops' })
    }, fail)
  }

  return {
    problem,
    dismissProblem: () => setProblem(undefined),
    addFiles,
    /** Files that come now are for it. */
    choosing: joining !== undefined,
    dialog: (): ReactNode =>
      joining && (
        <JoinCaptures
          // Each stage is a dialog of its own: the focus begins where its answer is.
          key={stage.kind}
          host={connection}
          captures={connection.host.captures}
          open={joining.open && { name: joining.open.name, path: joining.open.path, span: spanOf(joining.open) }}
          files={joining.files}
          chosen={joining.chosen}
          stage={stage}
          onToggle={(path) => setJoining({ ...joining, chosen: toggled(joining.chosen, path) })}
          onTakeOff={(key) => setJoining({ ...joining, files: joining.files.filter((one) => one.key !== key) })}
          onFile={() => void addFile().catch(fail)}
          onJoin={() => run(joining)}
          onKeep={keep}
          onBack={giveUp}
          onClose={() => {
            giveUp()
            setJoining(undefined)
          }}
        />
      ),
  }
}

function withFiles(now: Joining, added: readonly NamedFile[]): Joining {
  const known = new Set(now.files.map(({ key }) => key))
  return { ...now, files: [...now.files, ...added.filter(({ key }) => !known.has(key))] }
}

function toggled(chosen: ReadonlySet<string>, path: string): ReadonlySet<string> {
  const next = new Set(chosen)
  if (!next.delete(path)) next.add(path)
  return next
}

/** All of it, also where a part is read. */
function sourceOf({ origin, progress, source }: CaptureSession): JoinSource {
  return origin.kind === 'file'
    ? { kind: 'file', file: origin.file, notes: progress.getState().notes }
    : { kind: 'host', id: source ?? '' }
}

/** Its time, as far as it was read. */
function spanOf({ progress }: CaptureSession) {
  const facts = progress.getState().progress?.facts
  if (facts?.epochNs === undefined) return undefined
  const since = Number(BigInt(facts.epochNs) / 1_000_000n)
  return { from: since + facts.firstTime / 1e6, to: since + facts.lastTime / 1e6 }
}
