import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import * as z from 'zod/mini'
import { HostError } from '../../common/host-error.ts'

// kubeconfig files, read and merged as kubectl does it: of the files in KUBECONFIG the first that names a thing wins.
// @kubernetes/client-node's own loader forgets impersonated groups, token files that rotate and the directory of an exec command.

const text = z.optional(z.nullable(z.string()))
/** As Go decodes it, with padding; line breaks may be anywhere. Node would take whatever is there. */
const base64 = z.optional(
  z.nullable(
    z.string().check(
      z.refine((value) => {
        const digits = value.replaceAll(/[\r\n]/g, '')
        return digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits)
      }, 'is not base64'),
    ),
  ),
)
const flag = z.optional(z.nullable(z.boolean()))

const ClusterEntry = z.object({
  server: z.string(),
  'certificate-authority': text,
  'certificate-authority-data': base64,
  'insecure-skip-tls-verify': flag,
  'tls-server-name': text,
  'proxy-url': text,
  extensions: z.optional(z.nullable(z.array(z.object({ name: z.string(), extension: z.unknown() })))),
})

const ExecEntry = z.object({
  apiVersion: text,
  command: z.string(),
  args: z.optional(z.nullable(z.array(z.string()))),
  env: z.optional(z.nullable(z.array(z.object({ name: z.string(), value: z.string() })))),
  installHint: text,
  interactiveMode: text,
  provideClusterInfo: flag,
})

const UserEntry = z.object({
  'client-certificate': text,
  'client-certificate-data': base64,
  'client-key': text,
  'client-key-data': base64,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-uid': text,
  'as-groups': z.optional(z.nullable(z.array(z.string()))),
  'as-user-extra': z.optional(z.nullable(z.record(z.string(), z.array(z.string())))),
  'auth-provider': z.optional(
    z.nullable(z.object({ name: z.string(), config: z.optional(z.nullable(z.record(z.string(), z.string()))) })),
  ),
  exec: z.optional(z.nullable(ExecEntry)),
})

const ContextEntry = z.object({ cluster: z.string(), user: z.optional(z.nullable(z.string())), namespace: text })

const list = <T>(item: z.ZodMiniType<T>) => z.optional(z.nullable(z.array(item)))
const KubeconfigFile = z.object({
  'current-context': text,
  clusters: list(z.object({ name: z.string(), cluster: z.unknown() })),
  users: list(z.object({ name: z.string(), user: z.unknown() })),
  contexts: list(z.object({ name: z.string(), context: z.unknown() })),
})

export interface KubeCluster {
  readonly name: string
  /** Without a slash at its end; may have a path, as behind Rancher. */
  readonly server: string
  readonly authorityFile?: string
  readonly authorityData?: string
  readonly skipVerify: boolean
  readonly serverName?: string
  readonly proxyUrl?: string
  /** The extension client.authentication.k8s.io/exec, for plugins that ask for it. */
  readonly execConfig?: unknown
}

export interface ExecPlugin {
  readonly apiVersion: string
  /** Absolute when it was given with a slash: relative ones are from the kubeconfig's folder. */
  readonly command: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly installHint?: string
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always'
  readonly provideClusterInfo: boolean
}

/** Credentials: never to be logged, sent to an interface or exported. */
export interface KubeUser {
  readonly name: string
  readonly certificateFile?: string
  readonly certificateData?: string
  readonly keyFile?: string
  readonly keyData?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly username?: string
  readonly password?: string
  readonly impersonate?: Impersonation
  readonly authProvider?: { readonly name: string; readonly config: Readonly<Record<string, string>> }
  readonly exec?: ExecPlugin
}

export interface Impersonation {
  readonly user: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

export interface KubeContext {
  readonly name: string
  readonly cluster: string
  readonly user: string
  readonly namespace: string
  /** The file that defines it. */
  readonly file: string
}

export interface Kubeconfig {
  readonly contexts: readonly KubeContext[]
  readonly clusters: ReadonlyMap<string, KubeCluster>
  readonly users: ReadonlyMap<string, KubeUser>
  readonly currentContext?: string
  /** What could not be read or understood, in sentences; the rest is there. */
  readonly problems: readonly string[]
  /** Every file looked at, also those that are not there (yet). */
  readonly files: readonly string[]
}

/** KUBECONFIG's list or else ~/.kube/config, then the files that the person added. */
export function kubeconfigFiles(
  env: Readonly<Record<string, string | undefined>> = process.env,
  added: readonly string[] = [],
  home: string = homedir(),
): string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '')
  const own = listed.length > 0 ? listed : [join(home, '.kube', 'config')]
  return [...new Set([...own, ...added].map((file) => resolve(file)))]
}

/** Never throws for what is in a file: a broken one is a problem named, the others count. `named`: one that is not there is a problem, too. */
export async function loadKubeconfig(files: readonly string[], named = false): Promise<Kubeconfig> {
  const { loadYaml } = await import('@kubernetes/client-node')
  const contexts = new Map<string, KubeContext>()
  const clusters = new Map<string, KubeCluster>()
  const users = new Map<string, KubeUser>()
  const problems: string[] = []
  let currentContext: string | undefined
  for (const file of files) {
    let source: string
    try {
      source = textOf(await readFile(file))
    } catch (error) {
      if (named || codeOf(error) !== 'ENOENT')
        problems.push(`${file} can't be used as a kubeconfig: ${whyUnread(error)}`)
      continue
    }
    const [first, second] = documentsIn(source)
    if (first === undefined) {
      problems.push(`${file} can't be used as a kubeconfig: it is empty.`)
      continue
    }
    if (second !== undefined) {
      const where = `another begins at line ${second.line}`
      problems.push(`${file} holds several YAML documents (${where}). As with kubectl, only the first counts.`)
    }
    let content: unknown
    try {
      // With `json` of a key that is there twice the last counts: YAML forbids it, but what kubectl reads with (sigs.k8s.io/yaml) takes it.
      content = loadYaml(first.text, { json: true })
    } catch (error) {
      problems.push(`${file} can't be used as a kubeconfig: it is no YAML${atLine(error, first.line)}.`)
      continue
    }
    try {
      loadYaml(first.text)
    } catch (error) {
      problems.push(
        `${file} has a key twice in one place (seen${atLine(error, first.line)}). As with kubectl, the last counts, and what is under the other is left out.`,
      )
    }
    const parsed = KubeconfigFile.safeParse(content ?? {})
    if (!parsed.success) {
      // Never the file's text: it holds credentials.
      problems.push(`${file} can't be used as a kubeconfig: it holds something else${where(parsed.error)}.`)
      continue
    }
    currentContext ??= parsed.data['current-context'] || undefined
    const folder = dirname(file)
    read(parsed.data.clusters, 'cluster', ClusterEntry, file, problems, (name, entry) => {
      if (!clusters.has(name)) clusters.set(name, clusterOf(name, entry, folder))
    })
    read(parsed.data.users, 'user', UserEntry, file, problems, (name, entry) => {
      if (!users.has(name)) users.set(name, userOf(name, entry, folder))
    })
    read(parsed.data.contexts, 'context', ContextEntry, file, problems, (name, entry) => {
      if (contexts.has(name)) return
      const { cluster, user, namespace } = entry
      contexts.set(name, { name, cluster, user: user ?? '', namespace: namespace || 'default', file })
    })
  }
  return {
    contexts: [...contexts.values()],
    clusters,
    users,
    ...(currentContext ? { currentContext } : {}),
    problems,
    files,
  }
}

/** A context with its cluster and user; not-found, in words, when one of the three is missing. */
export function resolveContext(
  config: Kubeconfig,
  name: string | undefined,
): { readonly context: KubeContext; readonly cluster: KubeCluster; readonly user: KubeUser } {
  const wanted = name ?? config.currentContext
  if (wanted === undefined) {
    const known = config.contexts.map((context) => context.name).join(', ')
    const hint = known
      ? `No context is named and the kubeconfig has no current one. Name one of: ${known}.`
      : `There are no contexts; looked at ${config.files.join(', ')}.`
    throw new HostError('not-found', [hint, ...config.problems].join(' '))
  }
  const context = config.contexts.find((one) => one.name === wanted)
  if (!context) {
    const known = config.contexts.map((one) => one.name).join(', ') || 'none'
    throw new HostError(
      'not-found',
      [`The kubeconfig has no context "${wanted}". It has: ${known}.`, ...config.problems].join(' '),
    )
  }
  const cluster = config.clusters.get(context.cluster)
  if (!cluster)
    throw new HostError(
      'not-found',
      `Context "${wanted}" names the cluster "${context.cluster}", ${undefinedIn(config)}`,
    )
  const user = context.user === '' ? { name: '' } : config.users.get(context.user)
  if (!user)
    throw new HostError('not-found', `Context "${wanted}" names the user "${context.user}", ${undefinedIn(config)}`)
  return { context, cluster, user }
}

/** What is spoilt may be what is looked for. */
const undefinedIn = ({ problems }: Kubeconfig) => ['which no file defines.', ...problems].join(' ')

function read<T>(
  entries: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[] | null | undefined,
  what: string,
  schema: z.ZodMiniType<T>,
  file: string,
  problems: string[],
  keep: (name: string, entry: T) => void,
): void {
  const named = new Set<string>()
  for (const entry of entries ?? []) {
    // Of several files the first that names it counts; twice in one is an error of client-go (clientcmd/api/v1, conversion.go).
    if (named.has(entry.name)) {
      problems.push(
        `${file} defines the ${what} "${entry.name}" twice. The first counts here; kubectl refuses such a file. Remove or rename one.`,
      )
      continue
    }
    named.add(entry.name)
    const parsed = schema.safeParse(entry[what] ?? {})
    if (parsed.success) keep(entry.name, parsed.data)
    else problems.push(`${file}: the ${what} "${entry.name}" can't be used${where(parsed.error)}.`)
  }
}

function clusterOf(name: string, entry: z.infer<typeof ClusterEntry>, folder: string): KubeCluster {
  const execConfig = entry.extensions?.find((one) => one.name === 'client.authentication.k8s.io/exec')?.extension
  return {
    name,
    server: entry.server.replace(/\/+$/, ''),
    skipVerify: entry['insecure-skip-tls-verify'] === true,
    ...some('authorityFile', absolute(entry['certificate-authority'], folder)),
    ...some('authorityData', entry['certificate-authority-data']),
    ...some('serverName', entry['tls-server-name']),
    ...some('proxyUrl', entry['proxy-url']),
    ...(execConfig === undefined ? {} : { execConfig }),
  }
}

function userOf(name: string, entry: z.infer<typeof UserEntry>, folder: string): KubeUser {
  const provider = entry['auth-provider']
  return {
    name,
    ...some('certificateFile', absolute(entry['client-certificate'], folder)),
    ...some('certificateData', entry['client-certificate-data']),
    ...some('keyFile', absolute(entry['client-key'], folder)),
    ...some('keyData', entry['client-key-data']),
    ...some('token', entry.token),
    ...some('tokenFile', absolute(entry.tokenFile, folder)),
    ...some('username', entry.username),
    ...some('password', entry.password),
    ...(entry.as
      ? {
          impersonate: {
            user: entry.as,
            groups: entry['as-groups'] ?? [],
            extra: entry['as-user-extra'] ?? {},
            ...some('uid', entry['as-uid']),
          },
        }
      : {}),
    ...(provider ? { authProvider: { name: provider.name, config: provider.config ?? {} } } : {}),
    ...(entry.exec ? { exec: execOf(entry.exec, folder) } : {}),
  }
}

function execOf(entry: z.infer<typeof ExecEntry>, folder: string): ExecPlugin {
  // As kubectl: a command with a slash is relative to the kubeconfig, one without is looked for in PATH.
  const withFolder = /[\\/]/.test(entry.command) && !isAbsolute(entry.command)
  const mode = entry.interactiveMode
  return {
    apiVersion: entry.apiVersion ?? 'client.authentication.k8s.io/v1beta1',
    command: withFolder ? join(folder, entry.command) : entry.command,
    args: entry.args ?? [],
    env: entry.env ?? [],
    interactiveMode: mode === 'Never' || mode === 'Always' ? mode : 'IfAvailable',
    provideClusterInfo: entry.provideClusterInfo === true,
    ...some('installHint', entry.installHint),
  }
}

function some<K extends string>(key: K, value: string | null | undefined): { readonly [P in K]?: string } {
  const part: { [P in K]?: string } = {}
  if (value) part[key] = value
  return part
}

const absolute = (value: string | null | undefined, folder: string) =>
  value && !isAbsolute(value) ? join(folder, value) : value

/** YAML may be UTF-16 (1.2.2, section 5.2), and PowerShell's `>` writes that. */
const textOf = (bytes: Uint8Array) =>
  new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes)

/**
 * The YAML documents that hold anything, each with the line that it begins at. A line that begins with a marker is one wherever it is, also
 * in a scalar (YAML 1.2.2, section 9.1.2).
 */
function documentsIn(source: string): { readonly text: string; readonly line: number }[] {
  let line = 1
  return source.split(/^(?:---|\.\.\.)(?=\s|$)/m).flatMap((text) => {
    const begins = line
    line += text.split('\n').length - 1
    return /^\s*[^\s#%]/m.test(text) ? [{ text, line: begins }] : []
  })
}

/** Where the parser stopped, without its words: they quote the file. */
function atLine(error: unknown, first: number): string {
  const mark: unknown = error instanceof Error && 'mark' in error ? error.mark : undefined
  const line: unknown = typeof mark === 'object' && mark !== null && 'line' in mark ? mark.line : undefined
  return typeof line === 'number' ? ` from line ${line + first} on` : ''
}

function whyUnread(error: unknown): string {
  const code = codeOf(error)
  if (code === 'ENOENT') return 'there is no such file.'
  if (code === 'EISDIR') return 'it is a folder. Name the file in it.'
  if (code === 'EACCES') return 'you may not read it.'
  return `reading it failed (${code}).`
}

function where(error: z.core.$ZodError): string {
  const [issue] = error.issues
  const place = issue?.path.join('.')
  const why = issue?.code === 'custom' ? issue.message : 'is missing or of the wrong kind'
  return place ? ` ("${place}" ${why})` : ''
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error')
