import { join } from 'node:path'
import { Host } from '../../main/host.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A whole host with a settings folder of its own; what it would tell person and log is collected. */
export async function startHost(userFolder: string = temporaryFolder(), kubeconfig = '/nowhere/kubeconfig') {
  const warnings: string[] = []
  const reports: string[] = []
  const host = await Host.start({
    version: '0.0.0-test',
    userFolder,
    samplesFolder: join(import.meta.dirname, '../../resources/samples'),
    environment: () => Promise.resolve({ ...process.env, KUBECONFIG: kubeconfig }),
    warn: (message) => warnings.push(message),
    report: (where, error) => reports.push(`${where}: ${String(error)}`),
  })
  return { host, userFolder, warnings, reports }
}
