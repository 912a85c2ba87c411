import type { ServerResponse } from 'node:http'
import type { DataAnswer } from '../data-plane/data-plane.ts'

/**
 * Sends it at the pace of the other side: one chunk is asked for while the one before is being sent. A body that fails after the first byte
 * can only be cut: the connection is broken off, so that the reader does not take the part for the whole.
 */
export async function sendAnswer(
  response: ServerResponse,
  { status, headers, body }: DataAnswer,
  extraHeaders: Readonly<Record<string, string>>,
): Promise<void> {
  response.writeHead(status, { ...extraHeaders, ...headers })
  // A followed capture may have nothing to say for minutes; its reader should know by now that it exists.
  response.flushHeaders()
  try {
    let sent: Promise<void> | undefined
    for await (const chunk of body ?? []) {
      await sent
      sent = sending(response, chunk)
    }
    await sent
    response.end()
  } catch {
    response.destroy()
  }
}

/** Resolves when the operating system has the chunk. */
function sending(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  const sent = new Promise<void>((resolve, reject) => {
    response.write(chunk, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
  // It may fail while the next chunk is waited for; whoever awaits it learns of it.
  sent.catch(() => undefined)
  return sent
}
