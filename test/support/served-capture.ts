import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { countOpenFiles } from './open-files.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { CaptureFile } from '../../main/captures/capture-file.ts'
import { answerData, type DataAnswer, type DataRequest } from '../../main/data-plane/data-plane.ts'

/** Bytes of which every position is recognisable. */
export function pattern(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8) * 7) & 0xff
  return bytes
}

/** The data plane over a file of these bytes. */
export async function serving(bytes: Uint8Array, options: Parameters<typeof CaptureFile.at>[1] = {}) {
  const path = join(temporaryFolder(), 'capture.pcap')
  await writeFile(path, bytes)
  const capture = await CaptureFile.at(path, options)
  const openFiles = await countOpenFiles()
  const leave = new AbortController()
  onTestFinished(() => leave.abort())
  const ask = (request: Partial<Omit<DataRequest, 'query'>> & { query?: string }) =>
    answerData(
      { find: async () => capture },
      { method: 'GET', id: capture.id, range: undefined, ...request, query: new URLSearchParams(request.query) },
      leave.signal,
    )
  /** Whoever asks leaves with the `last`-th read; how many there were. */
  const leftAfter = (last: number) => {
    let reads = 0
    const open = capture.open.bind(capture)
    vi.spyOn(capture, 'open').mockImplementation(async () => {
      const handle = await open()
      const read = handle.read.bind(handle)
      vi.spyOn(handle, 'read').mockImplementation((...where: unknown[]) => {
        if (++reads === last) leave.abort()
        return Reflect.apply(read, handle, where)
      })
      return handle
    })
    return () => reads
  }
  return { path, capture, leave, ask, leftAfter, openFiles }
}

export async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}

export async function bytesOf(answer: DataAnswer): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body ?? []) chunks.push(chunk)
  return new Uint8Array(Buffer.concat(chunks))
}

export async function errorOf(answer: DataAnswer): Promise<unknown[]> {
  const { code, message }: { code: string; message: string } = JSON.parse(Buffer.from(await bytesOf(answer)).toString())
  return [answer.status, code, message]
}
