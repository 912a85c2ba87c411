import type { CheckTarget } from '../../../common/model/check.ts'
import type { ContextEntry } from '../../../common/model/context.ts'
import type { CaptureOrder, PointTarget } from '../../../common/model/live-capture.ts'
import type { TerminalTarget } from '../../../common/model/terminal.ts'
import type { MenuPlace } from '../../components/context-menu.tsx'
import type { AnyRow } from './find-rows.ts'
import { kubectlLine } from './kubectl.ts'
import { selectorOf, titleOf } from './targets.ts'

type Items = MenuPlace['items']

/** What the menu of a row can do. */
export interface RowActions {
  readonly context: ContextEntry & { readonly added: boolean }
  /** Adds points to what is to be captured, or takes them off when all are in it. */
  readonly onPoints: (targets: readonly PointTarget[], title: string) => void
  /** Takes these and goes on to the set-up. */
  readonly onCapture: (targets: readonly PointTarget[], title: string, follow: CaptureOrder['follow']) => void
  readonly onCopy: (text: string) => void
  readonly onTerminal: (target: TerminalTarget) => void
  readonly onChecks: (target: CheckTarget, name: string) => void
}

/** The menu of a row that can be captured at `targets`; `marked` when all of them are to be captured. */
export function rowMenu(row: AnyRow, targets: readonly PointTarget[], marked: boolean, actions: RowActions): Items {
  const { context, onCapture, onPoints, onCopy } = actions
  const disabled = targets.length === 0
  return [
    { title: 'Capture', hint: 'Enter', disabled, run: () => onCapture(targets, titleOf(row), selectorOf(row)) },
    {
      title: marked ? 'Take off what is captured' : 'Add to what is captured',
      hint: 'Space',
      disabled,
      run: () => onPoints(targets, titleOf(row)),
    },
    'line',
    ...shellsOf(row, actions),
    ...kubectlWords(row).map(([title, words]) => {
      const line = kubectlLine(context, 'namespace' in row ? row.namespace : '', words)
      return { title: `Copy kubectl ${title}`, run: () => onCopy(line) }
    }),
    { title: 'Copy name', hint: 'Ctrl+C', run: () => onCopy(row.name) },
  ]
}

function shellsOf(row: AnyRow, { context, onTerminal, onChecks }: RowActions): Items {
  if ('containers' in row) {
    const { namespace, name: pod } = row
    const at = (container: string) => ({ kind: 'container', context: context.name, namespace, pod, container }) as const
    return [
      ...row.containers.map((container) => ({
        title: row.containers.length === 1 ? 'Open a shell' : `Open a shell in ${container}`,
        disabled: !row.running,
        run: () => onTerminal(at(container)),
      })),
      // Its containers share one network.
      ...row.containers.slice(0, 1).map((container) => ({
        title: 'Run checks',
        hint: 'ip, ss, conntrack, nstat',
        disabled: !row.running,
        run: () => onChecks(at(container), pod),
      })),
    ]
  }
  if (!('kubelet' in row)) return []
  const node = { kind: 'node', context: context.name, node: row.name } as const
  return [
    { title: 'Open a shell on the node', hint: 'makes a privileged pod', run: () => onTerminal(node) },
    {
      title: 'Run checks on the node',
      hint: 'ip, ss, conntrack, nstat',
      run: () => onChecks(node, `node ${row.name}`),
    },
  ]
}

function kubectlWords(row: AnyRow): readonly (readonly [string, readonly string[]])[] {
  if ('containers' in row) {
    return [
      ['describe', ['describe', 'pod', row.name]],
      ['get -o yaml', ['get', 'pod', row.name, '-o', 'yaml']],
      ['logs', ['logs', row.name, '--all-containers', '--tail=200']],
    ]
  }
  const type = 'desired' in row ? row.kind.toLowerCase() : 'endpoints' in row ? 'service' : 'node'
  return [
    ['describe', ['describe', type, row.name]],
    ['get -o yaml', ['get', type, row.name, '-o', 'yaml']],
  ]
}
