import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { resolveContext, type Kubeconfig, type KubeCluster, type KubeUser } from '../kubernetes/kubeconfig.ts'
import { makePrivateFolder } from './private-folder.ts'

/** A kubeconfig of one context, for one shell; `remove` deletes it. */
export interface PrivateKubeconfig {
  readonly path: string
  remove(): Promise<void>
}

/**
 * Writes a kubeconfig that holds just this context, with this namespace, readable by this user alone: what happens in it
 * (kubectl config use-context, set-context) changes nothing else. It holds credentials, so it goes with the shell, and what a killed
 * process left goes at the next call.
 */
export async function writePrivateKubeconfig(
  config: Kubeconfig,
  contextName: string,
  namespace: string | undefined,
  parent?: string,
): Promise<PrivateKubeconfig> {
  const { context, cluster, user } = resolveContext(config, contextName)
  const folder = await makePrivateFolder('hopscope-kubectl-', parent)
  const path = join(folder.path, 'config')
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context.name,
    contexts: [
      {
        name: context.name,
        context: { cluster: cluster.name, user: user.name, namespace: namespace ?? context.namespace },
      },
    ],
    clusters: [{ name: cluster.name, cluster: clusterEntry(cluster) }],
    users: [{ name: user.name, user: userEntry(user) }],
  })
  try {
    await writeFile(path, text, { mode: 0o600 })
  } catch (error) {
    // Half of a credential is one too many.
    await folder.remove()
    throw error
  }
  return { path, remove: () => folder.remove() }
}

function clusterEntry(cluster: KubeCluster): Readonly<Record<string, unknown>> {
  const { server, authorityFile, authorityData, skipVerify, serverName, proxyUrl, execConfig } = cluster
  return {
    server,
    ...(authorityFile && { 'certificate-authority': authorityFile }),
    ...(authorityData && { 'certificate-authority-data': authorityData }),
    ...(skipVerify && { 'insecure-skip-tls-verify': true }),
    ...(serverName && { 'tls-server-name': serverName }),
    ...(proxyUrl && { 'proxy-url': proxyUrl }),
    ...(execConfig !== undefined && {
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: execConfig }],
    }),
  }
}

function userEntry(user: KubeUser): Readonly<Record<string, unknown>> {
  const { impersonate, authProvider, exec } = user
  return {
    ...(user.certificateFile && { 'client-certificate': user.certificateFile }),
    ...(user.certificateData && { 'client-certificate-data': user.certificateData }),
    ...(user.keyFile && { 'client-key': user.keyFile }),
    ...(user.keyData && { 'client-key-data': user.keyData }),
    ...(user.token && { token: user.token }),
    ...(user.tokenFile && { tokenFile: user.tokenFile }),
    ...(user.username && { username: user.username }),
    ...(user.password && { password: user.password }),
    ...(impersonate && {
      as: impersonate.user,
      ...(impersonate.uid && { 'as-uid': impersonate.uid }),
      'as-groups': impersonate.groups,
      'as-user-extra': impersonate.extra,
    }),
    ...(authProvider && { 'auth-provider': authProvider }),
    ...(exec && {
      exec: {
        apiVersion: exec.apiVersion,
        command: exec.command,
        args: exec.args,
        env: exec.env,
        ...(exec.installHint && { installHint: exec.installHint }),
        interactiveMode: exec.interactiveMode,
        provideClusterInfo: exec.provideClusterInfo,
      },
    }),
  }
}
