import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClusterAccess } from './cluster-access.ts'
import { kubeconfigFiles, loadKubeconfig, resolveContext } from './kubeconfig.ts'

describe('kubeconfig files', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hopscope-kubeconfig-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const file = async (name: string, text: string) => {
    const path = join(folder, name)
    await writeFile(path, text)
    return path
  }

  it('are those of KUBECONFIG, else the one at home, and those added', () => {
    expect(kubeconfigFiles({ KUBECONFIG: '/a:/b::/a' }, ['/c'], '/home/x')).toEqual(['/a', '/b', '/c'])
    expect(kubeconfigFiles({}, [], '/home/x')).toEqual(['/home/x/.kube/config'])
  })

  it('are those that a command names instead, and no others; one that is not there is told', async () => {
    const usual = await file(
      'usual',
      'current-context: prod\nclusters: [{name: c, cluster: {server: "https://h"}}]\ncontexts: [{name: prod, context: {cluster: c}}]\n',
    )
    const missing = join(folder, 'missing')
    const access = (files: readonly string[]) =>
      new ClusterAccess(() => Promise.resolve({ KUBECONFIG: usual }), false, files)
    const config = await access([missing]).load()
    expect(config).toMatchObject({ contexts: [], files: [missing] })
    const why = `${missing} can't be used as a kubeconfig: there is no such file.`
    expect(() => resolveContext(config, undefined)).toThrow(`There are no contexts; looked at ${missing}. ${why}`)
    expect(() => resolveContext(config, 'prod')).toThrow(`The kubeconfig has no context "prod". It has: none. ${why}`)
    expect((await access([]).load([missing])).problems).toEqual([])
  })

  it('are merged as kubectl does: the first that names a thing wins', async () => {
    const first = await file(
      'first',
      'current-context: one\nclusters: [{name: c, cluster: {server: "https://first/"}}]\ncontexts: [{name: one, context: {cluster: c, user: u}}]\n',
    )
    const second = await file(
      'second',
      'current-context: two\nclusters: [{name: c, cluster: {server: "https://second"}}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: two, context: {cluster: c, user: u, namespace: pay}}]\n',
    )
    const config = await loadKubeconfig([first, join(folder, 'missing'), second])
    expect(config.problems).toEqual([])
    expect(config.currentContext).toBe('one')
    expect(resolveContext(config, 'two')).toMatchObject({
      context: { namespace: 'pay', file: second },
      cluster: { server: 'https://first' },
      user: { token: 't' },
    })
  })

  it('keep what kubectl knows and others forget: groups, token files, relative paths', async () => {
    const path = await file(
      'rich',
      `
clusters: [{name: c, cluster: {server: "https://h/k8s/clusters/c-1", certificate-authority: ca.pem, tls-server-name: real, proxy-url: "socks5://p"}}]
users:
- name: u
  user:
    tokenFile: token
    as: alice
    as-groups: [devs, ops]
    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/plugin, args: [a], interactiveMode: Never, provideClusterInfo: true, env: null}
contexts: [{name: x, context: {cluster: c, user: u}}]
`,
    )
    const { cluster, user } = resolveContext(await loadKubeconfig([path]), 'x')
    expect(cluster).toMatchObject({ authorityFile: join(folder, 'ca.pem'), serverName: 'real', proxyUrl: 'socks5://p' })
    expect(user).toMatchObject({
      tokenFile: join(folder, 'token'),
      impersonate: { user: 'alice', groups: ['devs', 'ops'] },
      exec: { command: join(folder, 'bin/plugin'), args: ['a'], env: [], provideClusterInfo: true },
    })
  })

  it('may be UTF-16, as PowerShell writes them, and have CRLF and a byte order mark', async () => {
    const lines =
      'clusters: [{name: c, cluster: {server: "https://h"}}]\r\ncontexts: [{name: x, context: {cluster: c}}]\r\n'
    const path = join(folder, 'marked')
    for (const encoding of ['utf16le', 'utf8'] as const) {
      await writeFile(path, `\uFEFF${lines}`, encoding)
      const config = await loadKubeconfig([path])
      expect(config.problems).toEqual([])
      expect(resolveContext(config, 'x').cluster.server).toBe('https://h')
    }
  })

  it('of several documents count with their first, and say so; markers alone make none', async () => {
    const one = 'clusters: [{name: c, cluster: {server: "https://h"}}]\ncontexts: [{name: x, context: {cluster: c}}]\n'
    const several = await file('several', `# mine\n---\n${one}---\nPLANTED: [\n`)
    const config = await loadKubeconfig([several])
    expect(config.problems).toEqual([
      `${several} holds several YAML documents (another begins at line 5). As with kubectl, only the first counts.`,
    ])
    expect(resolveContext(config, 'x').cluster.server).toBe('https://h')
    const marked = await file('one', `%YAML 1.2\n---\n${one}...\n---\n# nothing\n`)
    expect((await loadKubeconfig([marked])).problems).toEqual([])
    const spoilt = await file('spoilt', '---\n# two\n---\nclusters: [\n')
    expect((await loadKubeconfig([spoilt])).problems).toEqual([
      `${spoilt} can't be used as a kubeconfig: it is no YAML from line 5 on.`,
    ])
    const nothing = await file('nothing', '# nothing\n---\n')
    expect((await loadKubeconfig([nothing])).problems).toEqual([
      `${nothing} can't be used as a kubeconfig: it is empty.`,
    ])
  })

  it('that define a thing twice count with the first and say so; several files may', async () => {
    const twice = await file(
      'twice',
      `
clusters: [{name: c, cluster: {server: "https://first"}}, {name: c, cluster: {server: "https://second"}}]
users: [{name: u, user: {token: PLANTED-1}}, {name: u, user: {token: PLANTED-2}}]
contexts: [{name: x, context: {cluster: c, user: u}}, {name: x, context: {cluster: other}}]
`,
    )
    const other = await file('other', 'contexts: [{name: x, context: {cluster: nowhere}}]\n')
    const config = await loadKubeconfig([twice, other])
    const said = (what: string) =>
      `${twice} defines the ${what} twice. The first counts here; kubectl refuses such a file. Remove or rename one.`
    expect(config.problems).toEqual([said('cluster "c"'), said('user "u"'), said('context "x"')])
    const { cluster, user } = resolveContext(config, 'x')
    expect([cluster.server, user.token]).toEqual(['https://first', 'PLANTED-1'])
  })

  it('with a key twice in one place count with the last, as with kubectl, and say where', async () => {
    const path = await file(
      'keys',
      '---\nclusters: [{name: c, cluster: {server: "https://h"}}]\nusers: [{name: u, user: {token: PLANTED}}]\ncontexts: []\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n',
    )
    const config = await loadKubeconfig([path])
    expect(config.problems).toEqual([
      `${path} has a key twice in one place (seen from line 5 on). As with kubectl, the last counts, and what is under the other is left out.`,
    ])
    expect(resolveContext(config, 'x').cluster.server).toBe('https://h')
  })

  it('whose certificates are not base64 say so, also where the cluster is asked for', async () => {
    const path = await file(
      'spoilt-data',
      `
clusters:
- {name: c, cluster: {server: "https://h", certificate-authority-data: "PLANTED!"}}
- {name: folded, cluster: {server: "https://h", certificate-authority-data: "Q0\\nE="}}
- {name: cut, cluster: {server: "https://h", certificate-authority-data: "Q0E"}}
users:
- {name: u, user: {client-key-data: "PLANTED-KEY"}}
contexts: [{name: x, context: {cluster: c}}, {name: y, context: {cluster: folded, user: u}}]
`,
    )
    const config = await loadKubeconfig([path])
    const said = (what: string, field: string) => `${path}: the ${what} can't be used ("${field}" is not base64).`
    expect(config.problems).toEqual([
      said('cluster "c"', 'certificate-authority-data'),
      said('cluster "cut"', 'certificate-authority-data'),
      said('user "u"', 'client-key-data'),
    ])
    expect(config.clusters.has('folded')).toBe(true)
    expect(() => resolveContext(config, 'x')).toThrow(/which no file defines\. .*"c" can't be used .* is not base64/)
    expect(() => resolveContext(config, 'y')).toThrow(/"u" can't be used .* is not base64/)
  })

  it('that are broken are a problem in words, without their text, and the others count', async () => {
    const broken = await file('broken', 'users: [{name: u, user: {token: PLANTED-SECRET}\n')
    const wrong = await file('wrong', 'clusters: [{name: c, cluster: {no-server: 1}}]\nusers: PLANTED-SECRET\n')
    const good = await file(
      'good',
      'clusters: [{name: g, cluster: {server: "https://g"}}]\ncontexts: [{name: g, context: {cluster: g}}]\n',
    )
    const config = await loadKubeconfig([broken, wrong, good])
    expect(config.problems).toHaveLength(2)
    expect(config.problems.join()).not.toContain('PLANTED')
    expect(resolveContext(config, 'g').user).toEqual({ name: '' })
    expect(() => resolveContext(config, undefined)).toThrow(/no current one. Name one of: g/)
    expect(() => resolveContext(config, 'x')).toThrow('The kubeconfig has no context "x". It has: g.')
  })
})
