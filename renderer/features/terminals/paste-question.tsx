import type { ReactNode } from 'react'
import { Confirm } from '../../components/confirm.tsx'
import { formatCounted } from '../../components/format.ts'
import type { PastedLines } from './pasted-lines.ts'

interface PasteQuestionProps {
  readonly lines: PastedLines
  /** Of the terminal. */
  readonly title: string
  readonly onAnswer: (yes: boolean) => void
  readonly onClose: () => void
}

/** Asks before what is pasted may run. */
export function PasteQuestion({ lines: { count, first }, title, onAnswer, onClose }: PasteQuestionProps): ReactNode {
  return (
    <Confirm
      title={`Paste ${formatCounted(count, 'line')}?`}
      action="Paste"
      onConfirm={() => onAnswer(true)}
      onClose={() => {
        onAnswer(false)
        onClose()
      }}
    >
      {count === 1 ? 'It ends with Enter, so it may be run as a command' : 'Each line may be run as a command'} in{' '}
      {title}.
      <pre className="terminal-pasted">
        {first.join('\n')}
        {count > first.length && <i>{`\nand ${formatCounted(count - first.length, 'more line', 'more lines')}`}</i>}
      </pre>
    </Confirm>
  )
}
