import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCluster } from '../cluster/cluster.ts'

/** What the plugin wants to be told. */
export const LOGIN_CODE = '123456'

/**
 * A kubeconfig of the users whose tokens are given out by a plugin that asks for a code, in a terminal and nowhere else; every run of it
 * adds a line to `runs`. What it prints is read from the file `printed` beside it: the credential of the first user at first.
 */
export function kubeconfigWithLogin(cluster: TestCluster, folder: string, contexts: readonly string[]) {
  const config = JSON.parse(readFileSync(cluster.kubeconfig(['ops'], join(folder, 'plain')), 'utf8'))
  const [{ user }] = config.users
  const plugin = join(folder, 'corp-login')
  const files = { runs: join(folder, 'runs'), printed: join(folder, 'printed') }
  writeFileSync(files.runs, '')
  writeFileSync(
    plugin,
    `#!/bin/sh
echo run >> '${files.runs}'
case "$KUBERNETES_EXEC_INFO" in *'"interactive":true'*) ;; *) echo 'not interactive' >&2; exit 9 ;; esac
[ -t 0 ] || { echo 'no terminal' >&2; exit 8; }
printf 'Code from your phone: ' >&2
stty -echo
read -r code
stty echo
echo >&2
[ "$code" = ${LOGIN_CODE} ] || { echo 'That is not the code.' >&2; exit 3; }
cat '${files.printed}'
`,
  )
  chmodSync(plugin, 0o755)
  const print = (status: object) =>
    writeFileSync(files.printed, JSON.stringify({ kind: 'ExecCredential', status: { token: user.token, ...status } }))
  print({})
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: './corp-login',
    interactiveMode: 'Always',
  }
  config.users[0].user = { exec }
  config.contexts = contexts.map((name) => ({ ...config.contexts[0], name }))
  config['current-context'] = contexts[0]
  const path = join(folder, 'kubeconfig')
  writeFileSync(path, JSON.stringify(config))
  return {
    path,
    printed: files.printed,
    print,
    runs: () => readFileSync(files.runs, 'utf8').split('\n').length - 1,
  }
}
