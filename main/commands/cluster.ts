import { join, resolve } from 'node:path'
import { HostError } from '../../common/host-error.ts'
import { DEFAULT_SETTINGS, type ContainerSettings } from '../kubernetes/capture/capture-container.ts'
import { Ledger } from '../kubernetes/capture/ledger.ts'
import { ClusterAccess } from '../kubernetes/cluster-access.ts'
import { Contexts } from '../services/contexts.ts'
import { userFolder } from '../user-folder.ts'
import { CommandError, UsageError } from './command.ts'

// What the commands about clusters have in common.

export const CONTEXT_OPTIONS = {
  context: { type: 'string' },
  kubeconfig: { type: 'string', multiple: true },
} as const

export const TARGET_OPTIONS = {
  namespace: { type: 'string', short: 'n' },
  node: { type: 'string' },
  image: { type: 'string' },
  'pull-secret': { type: 'string', multiple: true },
  'debug-namespace': { type: 'string' },
} as const

export const TARGET_HELP = `  --context NAME         default: the kubeconfig's current one
  --kubeconfig FILE      read this file instead of KUBECONFIG's; may be given more than once
  -n, --namespace NAME   default: the context's
  --image IMAGE          what the capture container runs; default: ${DEFAULT_SETTINGS.image}
  --pull-secret NAME     for the image, where a pod on a node is made
  --debug-namespace NAME where pods on nodes are made; default: the namespace`

/** As with kubectl, files that are named are read instead of KUBECONFIG's: a slip must not end in another cluster. */
export function openContexts(kubeconfig: readonly string[] = []): Contexts {
  const files = kubeconfig.map((file) => resolve(file))
  // As with kubectl, a login plugin may ask in the terminal that the command was given in.
  return new Contexts(new ClusterAccess(() => Promise.resolve(process.env), process.stdin.isTTY, files))
}

/** Where everything that was made in clusters is written down. */
export const openLedger = () => new Ledger(join(userFolder(), 'ledger.jsonl'))

export function containerSettings(values: {
  readonly image?: string | undefined
  readonly 'pull-secret'?: readonly string[] | undefined
}): ContainerSettings {
  const image = values.image ?? process.env['HOPSCOPE_IMAGE'] ?? DEFAULT_SETTINGS.image
  return { ...DEFAULT_SETTINGS, image, imagePullSecrets: values['pull-secret'] ?? [] }
}

/** Errors that are for the person, as such; others stay what they are. */
export async function asCommand<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof HostError) throw new CommandError(error.message)
    throw error
  }
}

/** 30s, 5m, 1h; in seconds. */
export function durationOf(text: string): number {
  const [, number, unit = 's'] = /^(\d+)(s|m|h)?$/.exec(text) ?? []
  const seconds = Number(number) * (unit === 'h' ? 3600 : unit === 'm' ? 60 : 1)
  if (number === undefined || seconds < 1) throw new UsageError(`"${text}" is no duration: write 30s, 5m or 1h.`)
  return seconds
}

/** 500k, 100M, 2G: decimal; in bytes. */
export function bytesOf(text: string): number {
  const [, number, unit = ''] = /^(\d+)([kMG])?$/.exec(text) ?? []
  if (number === undefined || Number(number) === 0)
    throw new UsageError(`"${text}" is no size: write 500k, 100M or 2G.`)
  return Number(number) * (unit === 'G' ? 1e9 : unit === 'M' ? 1e6 : unit === 'k' ? 1e3 : 1)
}
