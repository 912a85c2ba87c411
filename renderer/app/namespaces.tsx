import { useState, type ReactNode } from 'react'
import type { NamespaceRow } from '../../common/model/explorer.ts'
import type { Rows } from '../features/explorer/index.tsx'

interface NamespacesProps {
  readonly rows: Rows<NamespaceRow>
  /** "" for all. */
  readonly shown: string
  readonly onShow: (namespace: string) => void
}

/** The namespaces one may list; any other can be typed. */
export function Namespaces({ rows, shown, onShow }: NamespacesProps): ReactNode {
  const [text, setText] = useState('')
  const all = [...rows.rows.values()].sort((a, b) => a.name.localeCompare(b.name))
  const found = all.filter(({ name }) => name.includes(text.trim()))
  const forbidden = rows.problems.some((problem) => problem.forbidden)
  const typed = text.trim()
  const known = all.some(({ name }) => name === shown)
  return (
    <section aria-label="Namespaces" className="namespaces">
      <h2>Namespaces</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const [only] = found.length === 1 ? found : []
          if (typed === '') return
          onShow(only?.name ?? typed)
          setText('')
        }}
      >
        <input
          type="text"
          className="field"
          aria-label="Namespace"
          placeholder={forbidden ? 'Type one that is yours' : 'Find or type one'}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
      {forbidden && <p className="quiet">You may not list namespaces: type the one that is yours.</p>}
      <ul>
        {typed === '' && (
          <li>
            <button type="button" aria-current={shown === ''} onClick={() => onShow('')}>
              All
            </button>
          </li>
        )}
        {shown !== '' && !known && (
          <li>
            <button type="button" aria-current onClick={() => onShow(shown)}>
              {shown}
            </button>
          </li>
        )}
        {found.map(({ key, name, phase, podSecurity }) => (
          <li key={key}>
            <button type="button" aria-current={name === shown} onClick={() => onShow(name)}>
              {name}
              {(podSecurity ?? (phase === 'Active' ? undefined : phase)) !== undefined && (
                <span className="quiet">{phase === 'Active' ? podSecurity : phase}</span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
