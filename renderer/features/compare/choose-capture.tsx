import { FolderOpen } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { CapturesSection } from '../../../common/contract.ts'
import { Dialog } from '../../components/dialog.tsx'
import { formatBytes } from '../../components/format.ts'
import { useAnswer } from '../../components/use-answer.ts'
import { useWatched, type HostWatch } from '../../components/use-watched.ts'

export interface ChooseCaptureProps {
  readonly host: HostWatch
  readonly captures: Pick<CapturesSection, 'samples' | 'recent'>
  /** Path on the host of the open capture, which is not offered. */
  readonly open: string | undefined
  readonly onSample: (name: string) => void
  /** A file on the host. Rejects when it can't be opened. */
  readonly onPath: (path: string) => Promise<void>
  readonly onFile: () => Promise<void>
  readonly onClose: () => void
}

interface Choice {
  readonly key: string
  readonly name: string
  readonly about: string
  readonly size: number
  readonly choose: () => void
}

/** Which capture the open one is compared with: one that was opened or made before, a sample, or a file. */
export function ChooseCapture(props: ChooseCaptureProps): ReactNode {
  const { host, captures, open, onSample, onPath, onFile, onClose } = props
  const [problem, setProblem] = useState<string>()
  // What can't be listed is not offered: a file always is.
  const { value: samples = [] } = useAnswer('samples', () => captures.samples())
  const { value: recent = [] } = useAnswer('recent', () => captures.recent())
  const { value: library = [] } = useWatched(host, 'library', (contract) => contract.capturing.watchLibrary())

  function attempt(work: Promise<void>): void {
    setProblem(undefined)
    work.catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
  }

  const isOther = ({ path, size }: { readonly path: string; readonly size: number }) => path !== open && size > 0
  const lists: readonly { readonly title: string; readonly choices: readonly Choice[] }[] = [
    {
      title: 'Recent',
      choices: recent.filter(isOther).map(({ name, path, size }) => ({
        key: path,
        name,
        about: path,
        size,
        choose: () => attempt(onPath(path)),
      })),
    },
    {
      title: 'From clusters',
      choices: library.filter(isOther).map(({ context, path, points, size, title }) => ({
        key: path,
        name: title,
        about: [context, ...points].join(', '),
        size,
        choose: () => attempt(onPath(path)),
      })),
    },
    {
      title: 'Samples',
      choices: samples.filter(isOther).map(({ description, name, size, title }) => ({
        key: name,
        name: title,
        about: description,
        size,
        choose: () => onSample(name),
      })),
    },
  ]

  return (
    <Dialog
      title="Compare with another capture"
      className="compare-choose"
      onClose={onClose}
      problem={problem}
      actions={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="button" className="button primary" data-first-focus onClick={() => attempt(onFile())}>
            <FolderOpen size={14} aria-hidden />
            Open a capture
          </button>
        </>
      }
    >
      <div className="compare-lists">
        {lists.map(
          ({ choices, title }) =>
            choices.length > 0 && (
              <section key={title} aria-label={title}>
                <h3>{title}</h3>
                <ul>
                  {choices.map(({ about, choose, key, name, size }) => (
                    <li key={key}>
                      <button type="button" className="compare-choice" onClick={choose}>
                        <span>{name}</span>
                        <span className="compare-size">{formatBytes(size)}</span>
                        <span className="compare-about">{about}</span>
                      </button>
                    </li>
                  ))}
                </ul>
              </section>
            ),
        )}
      </div>
    </Dialog>
  )
}
