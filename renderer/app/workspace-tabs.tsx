import type { ReactNode } from 'react'
import { PaneTabs } from '../components/pane-tabs.tsx'
import type { DetailTab, ListTab } from './view.ts'

export const LIST_TITLES: Readonly<Record<ListTab, string>> = {
  findings: 'Findings',
  conversations: 'Conversations',
  latency: 'Latency',
  notes: 'Notes',
  compare: 'Compare',
  hops: 'Hops',
}
export const DETAIL_TITLES: Readonly<Record<DetailTab, string>> = {
  packets: 'Packets',
  graph: 'Graph',
  ladder: 'Ladder',
  follow: 'Follow stream',
}

interface TabsProps<Id extends string> {
  readonly ids: readonly Id[]
  readonly names: Readonly<Record<Id, string>>
  /** Behind the names, where it says something before one looks. */
  readonly counts?: Readonly<Partial<Record<Id, number | undefined>>>
  readonly shown: Id
  readonly onShow: (id: Id) => void
  /** Shows it and gives it the focus. */
  readonly onEnter: (id: Id) => void
  readonly action?: ReactNode
  readonly children: ReactNode
}

/** The panes of one place; a single one keeps its plain title. */
export function Tabs<Id extends string>({
  ids,
  names,
  counts,
  shown,
  onShow,
  onEnter,
  action,
  children,
}: TabsProps<Id>): ReactNode {
  const tabs = ids.map((id) => ({
    id,
    title: names[id],
    count: counts?.[id],
    show: () => onShow(id),
    enter: () => onEnter(id),
  }))
  if (tabs.length === 1) return children
  return (
    <PaneTabs tabs={tabs} shown={shown} action={action}>
      {children}
    </PaneTabs>
  )
}
