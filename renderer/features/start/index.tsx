import { FolderOpen, X } from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import type { CapturesSection, RecentCapture, Sample } from '../../../common/contract.ts'
import { formatBytes } from '../../components/format.ts'
import { IconButton } from '../../components/icon-button.tsx'
import { Keys } from '../../components/keys.tsx'
import { once } from '../../components/once.ts'
import { Demo } from './demo.tsx'
import { Mark } from './mark.tsx'
import './start.css'

export interface StartProps {
  readonly captures: Pick<CapturesSection, 'samples' | 'recent' | 'forgetRecent'>
  /** Changes when the host can be asked (again). */
  readonly connected: boolean
  /** There is no host, and none will come: what needs one is not offered. */
  readonly refused: boolean
  readonly openKeys: readonly string[]
  readonly onOpen: () => void
  readonly onSample: (name: string) => void
  readonly onRecent: (path: string) => void
  /** The contexts one can choose from; absent until they are known. */
  readonly clusters?: ReactNode
  readonly onClusters: () => void
  /** Starts the demo cluster and shows it; absent where it runs, as it is one of the contexts then. */
  readonly onDemo: (() => Promise<void>) | undefined
  /** What happened instead of opening: over the choices, since one of them helps. */
  readonly children?: ReactNode
}

/** What to look at: a capture of one's own, one looked at before, or one of those that come with Hopscope. */
export function Start(props: StartProps): ReactNode {
  const { captures, connected, openKeys, onOpen, onSample, onRecent, children } = props
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const [recent, setRecent] = useState<readonly RecentCapture[]>([])

  useEffect(() => {
    if (!connected) return
    let here = true
    // Without an answer the lists stay away; that the host is not reachable is said at the top of the window.
    captures.samples().then(
      (list) => here && setSamples(list),
      () => undefined,
    )
    captures.recent().then(
      (list) => here && setRecent(list),
      () => undefined,
    )
    return () => {
      here = false
    }
  }, [captures, connected])

  function forget(path: string): void {
    setRecent((list) => list.filter((entry) => entry.path !== path))
    captures.forgetRecent(path).catch(() => undefined)
  }

  return (
    <main className="start">
      <div className="start-inner">
        <header className="start-head">
          <Mark />
          <div>
            <h1>Hopscope</h1>
            <p>What happened to the traffic, to whom, and when, with the packets as evidence.</p>
          </div>
        </header>
        {children}
        <div className="start-columns">
          <section>
            {!props.refused && (
              <>
                <h2>Capture from a cluster</h2>
                <div className="start-clusters">{props.clusters}</div>
                <div className="start-open">
                  <button type="button" className="button" onClick={props.onClusters}>
                    Clusters and captures
                  </button>
                  {props.onDemo && <Demo onDemo={props.onDemo} />}
                </div>
              </>
            )}
            <h2>Open</h2>
            <div className="start-open">
              <button type="button" className="button primary" onClick={onOpen}>
                <FolderOpen size={14} aria-hidden />
                Open a capture
              </button>
              <Keys labels={openKeys} />
            </div>
            <p className="quiet">
              Or drop a file anywhere in this window, several to join them. pcap and pcapng, also gzip or zstd
              compressed; it is read here and sent nowhere.
            </p>
            {recent.length > 0 && (
              <>
                <h2>Recent</h2>
                <ul className="start-list">
                  {recent.map((entry) => (
                    <li key={entry.path}>
                      <button type="button" className="start-item" onClick={() => onRecent(entry.path)}>
                        <span className="start-name">{entry.name}</span>
                        <span className="start-size">{formatBytes(entry.size)}</span>
                        <span className="start-about">{folderOf(entry)}</span>
                        <span className="start-size">{daysAgo(entry.openedAt)}</span>
                      </button>
                      <IconButton
                        icon={X}
                        size={12}
                        label={`Forget ${entry.name}`}
                        title="Forget"
                        onClick={() => forget(entry.path)}
                      />
                    </li>
                  ))}
                </ul>
              </>
            )}
          </section>
          {samples.length > 0 && (
            <section aria-labelledby="start-samples">
              <h2 id="start-samples">Samples</h2>
              <p className="quiet">Real captures of the troubles that are met most often.</p>
              <ul className="start-list wide">
                {samples.map((sample) => (
                  <li key={sample.name}>
                    <button type="button" className="start-item" onClick={() => onSample(sample.name)}>
                      <span className="start-name">{sample.title}</span>
                      <span className="start-size">{formatBytes(sample.size)}</span>
                      <span className="start-about wide">{sample.description}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </div>
      </div>
    </main>
  )
}

function folderOf({ path, name }: RecentCapture): string {
  return path.endsWith(name) ? path.slice(0, -name.length).replace(/[\\/]$/, '') || '/' : path
}

const relative = once(() => new Intl.RelativeTimeFormat('en', { numeric: 'auto' }))

function daysAgo(at: number): string {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0)
  const days = Math.round((midnight(at) - midnight(Date.now())) / 86_400_000)
  return days > -14 ? relative().format(days, 'day') : new Date(at).toISOString().slice(0, 10)
}
