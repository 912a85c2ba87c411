import type { ContextEntry } from '../../../common/model/context.ts'
import { shellLine } from '../../components/shell-quote.ts'

/** The same with kubectl, to paste into a shell. Every name is quoted: labels and contexts may hold anything. */
export function kubectlLine(
  context: Pick<ContextEntry, 'name' | 'file'> & { readonly added: boolean },
  namespace: string,
  words: readonly string[],
): string {
  return shellLine([
    'kubectl',
    // A file that was added here is one that kubectl would not look at by itself.
    ...(context.added ? ['--kubeconfig', context.file] : []),
    '--context',
    context.name,
    ...(namespace === '' ? [] : ['-n', namespace]),
    ...words,
  ])
}
