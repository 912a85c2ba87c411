import { useCallback, useEffect, useState, type ReactNode } from 'react'
import type { FindingsReport } from '../../common/model/finding.ts'
import type { ConversationRow, PacketRow } from '../../engine/engine.ts'
import type { MenuItem } from '../components/context-menu.tsx'
import { conversationFilter, isNarrowed, withCondition } from '../components/filter-text.ts'
import { nameFor, saveAs } from '../components/save-as.ts'
import { ExportPackets, type ExportSource } from '../features/export/index.tsx'
import type { CaptureSession } from './capture-session.ts'
import type { CommandRegistry } from './commands.ts'
import { tsharkCommand } from './tshark-command.ts'
import type { View } from './view.ts'
import type { ViewStore } from './view-store.ts'
import { queryOf } from '../components/query-of.ts'

interface Saved {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly commands: CommandRegistry
  /** Of the program, for what is saved. */
  readonly appVersion: () => string
  readonly announce: (text: string) => void
  readonly copy: (text: string) => void
}

export interface Saving {
  /** Asks what of these is to be exported, and how. */
  readonly exportFrom: (source: ExportSource) => void
  readonly saveReport: (format: 'html' | 'markdown') => void
  /** Copies what shows in a terminal what matches. */
  readonly copyCommand: (condition: string) => void
  /** For the menu of a packet; `conversation` is the selected one. */
  readonly packetItems: (row: PacketRow, conversation: ConversationRow | undefined) => (MenuItem | 'line')[]
  /** What is to be drawn over the workspace. */
  readonly dialog: (report: FindingsReport | undefined, reading: boolean) => ReactNode
}

/** What leaves the window: packets as captures, reports, and commands that show the same elsewhere. */
export function useSaving({ session, view, commands, appVersion, announce, copy }: Saved): Saving {
  const [exporting, setExporting] = useState<ExportSource>()

  const saveReport = useCallback(
    async (format: 'html' | 'markdown') => {
      announce('Writing the report…')
      try {
        const { filter } = view.store.getState()
        const file = await session.engine.report({ format, name: session.name, version: appVersion(), filter })
        const name = nameFor(session.name, format === 'html' ? '-report.html' : '-report.md')
        saveAs(file, name)
        announce(`Report saved as ${name}`)
      } catch (error) {
        announce(`The report could not be made: ${error instanceof Error ? error.message : String(error)}`)
      }
    },
    [announce, appVersion, session, view],
  )

  const tshark = (condition: string) =>
    tsharkCommand(session.path ?? session.name, condition, session.progress.getState().progress?.facts)

  useEffect(
    () =>
      commands.register([
        {
          id: 'capture.export',
          wireshark: 'Export Specified Packets',
          title: 'Export packets',
          group: 'Capture',
          keys: ['Ctrl+E'],
          run: () => setExporting(isNarrowed(view.store.getState()) ? 'shown' : 'all'),
        },
        {
          id: 'capture.report',
          title: 'Save report (HTML)',
          group: 'Capture',
          run: () => void saveReport('html'),
        },
        {
          id: 'capture.report-markdown',
          title: 'Save report (Markdown)',
          group: 'Capture',
          run: () => void saveReport('markdown'),
        },
      ]),
    [commands, view, saveReport],
  )

  return {
    exportFrom: setExporting,
    saveReport: (format) => void saveReport(format),
    copyCommand: (condition) => copy(tshark(condition)),
    packetItems: ({ frame }, conversation) => [
      { title: 'Copy as tshark command', run: () => copy(`${tshark(`frame.number == ${frame}`)} -V`) },
      {
        title: 'Copy what is shown as tshark command',
        run: () => copy(tshark(shownFilter(view.store.getState(), conversation))),
      },
      'line',
      { title: 'Export this packet…', run: () => setExporting('packet') },
      { title: 'Export packets…', hint: 'Ctrl E', run: () => commands.run('capture.export') },
    ],
    dialog(report, reading) {
      if (!exporting) return undefined
      const now = view.store.getState()
      const findings = report ? [...report.findings, ...report.artefacts] : []
      const chosen = findings.find(({ id }) => id === now.finding) ?? findings[0]
      return (
        <ExportPackets
          session={session}
          sources={{
            shown: isNarrowed(now) ? queryOf(now) : undefined,
            evidence:
              chosen === undefined || chosen.evidence.length === 0
                ? undefined
                : { title: chosen.title, rows: chosen.evidence.map(({ row }) => row) },
            row: now.row,
          }}
          start={exporting}
          reading={reading}
          onDone={announce}
          onClose={() => setExporting(undefined)}
        />
      )
    },
  }
}

/** One display filter that finds what the lists show. */
function shownFilter({ filter, range }: View, conversation: ConversationRow | undefined): string {
  let text = filter
  if (conversation) text = withCondition(text, conversationFilter(conversation))
  if (range) {
    text = withCondition(text, `frame.time_relative >= ${(range.from / 1e9).toFixed(9)}`)
    text = withCondition(text, `frame.time_relative < ${(range.to / 1e9).toFixed(9)}`)
  }
  return text
}
