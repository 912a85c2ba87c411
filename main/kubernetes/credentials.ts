import { readFile } from 'node:fs/promises'
import { HostError } from '../../common/host-error.ts'
import type { Credential, ExecCredentials } from './exec-credential.ts'
import type { KubeCluster, KubeUser } from './kubeconfig.ts'

/** What a request carries to say who we are. Never to be logged or sent anywhere else. */
export interface Identification {
  readonly headers: Readonly<Record<string, string | string[]>>
  /** PEM. */
  readonly certificate?: string
  readonly key?: string
  /** What a plugin gave of it. */
  readonly credential?: Credential
}

/** Works out the identification for a request, as kubectl does: files are read anew, so that rotated ones are seen. */
export async function identify(
  user: KubeUser,
  cluster: KubeCluster,
  plugins: ExecCredentials,
): Promise<Identification> {
  const headers: Record<string, string | string[]> = {}
  let certificate = await pem(user.certificateData, user.certificateFile)
  let key = await pem(user.keyData, user.keyFile)
  let credential: Credential | undefined
  // kubectl's order: a token file wins over a token, either over a plugin.
  if (user.tokenFile) headers['authorization'] = `Bearer ${(await file(user.tokenFile)).trim()}`
  else if (user.token) headers['authorization'] = `Bearer ${user.token}`
  else if (user.username) {
    headers['authorization'] = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`
  } else if (user.exec) {
    credential = await plugins.get(user, user.exec, cluster)
    if (credential.token) headers['authorization'] = `Bearer ${credential.token}`
    certificate ??= credential.certificate
    key ??= credential.key
  } else if (user.authProvider) {
    headers['authorization'] = await authProviderHeader(user)
  }
  if (user.impersonate) {
    const { user: name, uid, groups, extra } = user.impersonate
    headers['impersonate-user'] = name
    if (uid) headers['impersonate-uid'] = uid
    if (groups.length > 0) headers['impersonate-group'] = [...groups]
    for (const [field, values] of Object.entries(extra)) {
      headers[`impersonate-extra-${encodeURIComponent(field.toLowerCase())}`] = [...values]
    }
  }
  return {
    headers,
    ...(certificate ? { certificate } : {}),
    ...(key ? { key } : {}),
    ...(credential ? { credential } : {}),
  }
}

/** OpenID Connect, with refresh, by @kubernetes/client-node; the other providers are gone from kubectl too. */
async function authProviderHeader(user: KubeUser): Promise<string> {
  const name = user.authProvider?.name
  if (name !== 'oidc') {
    throw new HostError(
      'unsupported',
      `User "${user.name}" uses the auth provider "${name}", which kubectl no longer has either: use its credential plugin (exec).`,
    )
  }
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  const cluster = { name: 'cluster', server: 'https://cluster.invalid', skipTLSVerify: false }
  config.loadFromClusterAndUser(cluster, { name: user.name, authProvider: user.authProvider })
  const options: { headers: Record<string, string> } = { headers: {} }
  try {
    await config.applyToHTTPSOptions(options)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new HostError(
      'permission-denied',
      `OpenID Connect for user "${user.name}" failed: ${why}. Log in again with kubectl.`,
    )
  }
  const header = options.headers['Authorization']
  if (!header)
    throw new HostError(
      'permission-denied',
      `OpenID Connect for user "${user.name}" gave no token. Log in again with kubectl.`,
    )
  return header
}

/** What the API server's certificate is checked against, as PEM. Node passes over what is none, and then says that of the server. */
export async function authorityOf(cluster: KubeCluster): Promise<string | undefined> {
  const { name, authorityData, authorityFile } = cluster
  const found = await pem(authorityData, authorityFile)
  if (found === undefined || /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(found)) return found
  const where = authorityData ? 'certificate-authority-data' : authorityFile
  throw new HostError(
    'invalid-argument',
    `The kubeconfig's certificate authority of cluster "${name}" (${where}) is no certificate in PEM: get the kubeconfig again.`,
  )
}

async function pem(data: string | undefined, path: string | undefined): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8')
  return path ? file(path) : undefined
}

async function file(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new HostError('not-found', `${path}, which the kubeconfig names, cannot be read (${why}).`)
  }
}
