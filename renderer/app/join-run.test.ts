import { describe, expect, it } from 'vitest'
import type { CaptureSource } from '../../common/contract.ts'
import { openLink } from '../../test/support/open-link.ts'
import { startHost } from '../../test/support/host.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type JoinSource, runJoin } from './join-run.ts'

const never = new AbortController().signal

describe('joining', () => {
  it('refuses what is named twice, also once by its path and once as what is open', async () => {
    const { path, id, run } = await joining()
    await expect(run({ kind: 'host', id }, { kind: 'path', path })).rejects.toThrow(/^web\.pcap is named twice\./)
    const file = new File(['x'], 'db.pcap', { lastModified: 5 })
    const same = new File(['y'], 'db.pcap', { lastModified: 5 })
    await expect(run({ kind: 'file', file, notes: [] }, { kind: 'file', file: same, notes: [] })).rejects.toThrow(
      /^db\.pcap is named twice\./,
    )
  })

  it('refuses what is still being captured', async () => {
    const { path, run, other, host } = await joining()
    const growing = await host.captures.openGrowing(path)
    await expect(run({ kind: 'host', id: growing.id }, other)).rejects.toThrow(/^web\.pcap is still being captured, /)
  })

  it('says which file is gone', async () => {
    const { run, other } = await joining()
    await expect(run({ kind: 'path', path: '/nowhere/web.pcap' }, other)).rejects.toThrow(
      '/nowhere/web.pcap: There is no',
    )
  })
})

async function joining() {
  const { host } = await startHost()
  const link = await openLink(host)
  const path = join(temporaryFolder(), 'web.pcap')
  await writeFile(path, 'x')
  const { id }: CaptureSource = await link.host.captures.openFile(path)
  const other: JoinSource = { kind: 'file', file: new File(['x'], 'db.pcap'), notes: [] }
  const connection = { host: link.host, dataRequest: ({ url }: { readonly url: string }) => ({ url, headers: {} }) }
  const run = (...sources: readonly JoinSource[]) => runJoin(connection, sources, () => undefined, never)
  return { host, path, id, other, run }
}
