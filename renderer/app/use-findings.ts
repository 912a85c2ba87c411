import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { Finding, FindingsReport } from '../../common/model/finding.ts'
import { useAnswer } from '../components/use-answer.ts'
import { searched } from '../features/findings/search.ts'
import type { Progress } from '../worker/engine-service.ts'
import type { CaptureSession } from './capture-session.ts'
import { knownFindings } from './known-findings.ts'

export interface FindingsHere {
  /** Undefined until the rules have run once. */
  readonly report: FindingsReport | undefined
  /** Why they could not. */
  readonly error: string | undefined
  /** The report is about what was read before. */
  readonly waiting: boolean
  /** Those that can be counted, see knownFindings. */
  readonly known: readonly Finding[] | undefined
  /** Of these, what the search finds. */
  readonly found: readonly Finding[] | undefined
  readonly search: string
  readonly onSearch: (search: string) => void
}

/** What is found in the capture, as far as it has been read, and the search in that. */
export function useFindings(session: CaptureSession, progress: Progress | undefined): FindingsHere {
  const [search, setSearch] = useState('')
  const resumed = useStore(session.progress, (state) => state.resumed)
  const key = progress && `${progress.version} ${resumed}`
  const { error, key: answered, value: report } = useAnswer(key, () => session.engine.findings())
  const known = knownFindings(report, progress)
  const found = useMemo(() => known && searched(known, search), [known, search])
  return { report, error, waiting: key === undefined || answered !== key, known, found, search, onSearch: setSearch }
}
