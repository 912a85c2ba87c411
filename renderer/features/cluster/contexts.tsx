import { FolderOpen, LogIn, RefreshCw, X } from 'lucide-react'
import { useState, type FormEvent, type ReactNode } from 'react'
import type { ContextEntry, ContextList } from '../../../common/model/context.ts'
import { formatMilliseconds } from '../../components/format.ts'
import { IconButton } from '../../components/icon-button.tsx'
import './contexts.css'

export interface ContextsProps {
  readonly list: ContextList
  readonly selected?: string | undefined
  readonly onSelect: (name: string) => void
  readonly onAsk: (name: string) => void
  /** Its login plugin is to be run in a terminal. */
  readonly onLogIn: (name: string) => void
}

/** Every context of the kubeconfig and how it is; choosing one opens it. */
export function Contexts({ list, selected, onSelect, onAsk, onLogIn }: ContextsProps): ReactNode {
  return (
    <ul className="contexts" aria-label="Contexts">
      {list.contexts.map((context) => (
        <li key={context.name}>
          <button
            type="button"
            className="context"
            aria-current={context.name === selected}
            title={[context.problem, context.server, context.file].filter(Boolean).join('\n')}
            onClick={() => onSelect(context.name)}
          >
            <i className={`context-dot ${context.state}`} aria-hidden />
            <span className="context-name">
              {context.name} {context.current && !context.demo && <span className="context-current">current</span>}
              {context.demo && <span className="context-current">not a real cluster</span>}
            </span>
            <span className={`context-about ${context.state}`}>{aboutText(context)}</span>
            {context.missing.length > 0 && (
              <span className="context-about">
                You may not {context.missing.join(', ').replaceAll(', list ', ', ')}.
              </span>
            )}
          </button>
          {context.state === 'needs-login' && (
            <button
              type="button"
              className="button small context-login"
              aria-label={`Log in in a terminal (${context.name})`}
              onClick={() => onLogIn(context.name)}
            >
              <LogIn size={12} aria-hidden /> Log in in a terminal
            </button>
          )}
          {context.state !== 'asking' && context.state !== 'reachable' && (
            <IconButton
              icon={RefreshCw}
              size={12}
              label={`Ask ${context.name} how it is`}
              title={context.state === 'not-asked' ? 'Ask how it is: runs its login plugin' : 'Ask again'}
              onClick={() => onAsk(context.name)}
            />
          )}
        </li>
      ))}
    </ul>
  )
}

function aboutText({ state, version, latencyMs, user, problem }: ContextEntry): string {
  switch (state) {
    case 'asking':
      return 'asking…'
    case 'not-asked':
      return 'not asked: a login plugin would run'
    case 'needs-login':
      return problem ?? 'log in first'
    case 'unreachable':
      return problem ?? 'not reachable'
    case 'reachable':
      return [version, latencyMs === undefined ? undefined : formatMilliseconds(latencyMs), user, problem]
        .filter(Boolean)
        .join(' · ')
  }
}

export interface ContextFilesProps {
  readonly list: ContextList
  readonly onAdd: (path: string) => Promise<void>
  /** Asks for one with the system's file dialog, where there is one. */
  readonly onChoose: (() => Promise<unknown>) | undefined
  readonly onRemove: (path: string) => void
}

/** Which kubeconfig files are looked at, and a way to add one. */
export function ContextFiles({ list, onAdd, onChoose, onRemove }: ContextFilesProps): ReactNode {
  const [path, setPath] = useState('')
  const [problem, setProblem] = useState<string>()

  function add(adding: Promise<unknown>): void {
    adding.then(
      () => {
        setPath('')
        setProblem(undefined)
      },
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    )
  }

  function submit(event: FormEvent): void {
    event.preventDefault()
    add(onAdd(path.trim()))
  }

  return (
    <div className="context-files">
      {list.problems.map((text) => (
        <p key={text} className="context-problem">
          {text}
        </p>
      ))}
      <details open={list.contexts.length === 0}>
        <summary>Kubeconfig files ({list.files.length})</summary>
        <ul>
          {list.files.map((file) => (
            <li key={file.path}>
              <span title={file.path}>{file.path}</span>
              {file.added && (
                <IconButton
                  icon={X}
                  size={12}
                  label={`Look no longer at ${file.path}`}
                  title="Look at it no longer"
                  onClick={() => onRemove(file.path)}
                />
              )}
            </li>
          ))}
        </ul>
        <form onSubmit={submit}>
          <input
            type="text"
            className="field"
            aria-label="Path of another kubeconfig file"
            placeholder="/path/to/kubeconfig"
            value={path}
            onChange={(event) => setPath(event.target.value)}
          />
          <button type="submit" className="button small" disabled={path.trim() === ''}>
            Add
          </button>
          {onChoose && (
            <button
              type="button"
              className="button small"
              title="Choose a file to add"
              aria-label="Choose a kubeconfig file to add"
              onClick={() => add(onChoose())}
            >
              <FolderOpen size={13} aria-hidden />
            </button>
          )}
        </form>
        {problem !== undefined && (
          <p className="context-problem" role="alert">
            {problem}
          </p>
        )}
      </details>
    </div>
  )
}
