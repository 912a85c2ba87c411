import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { DataAnswer } from '../data-plane/data-plane.ts'

/**
 * Sends it at the pace of the other side. A body that fails after the first byte can only be cut: the connection is broken off, so that
 * the reader does not take the part for the whole.
 */
export async function sendAnswer(
  response: ServerResponse,
  { status, headers, body }: DataAnswer,
  extraHeaders: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(status, { ...extraHeaders, ...headers })
  // A followed capture may have nothing to say for minutes; its reader should know by now that it exists.
  response.flushHeaders()
  try {
    if (body) {
      for await (const chunk of body) {
        if (!response.write(chunk)) await once(response, 'drain', { signal })
      }
    }
    response.end()
  } catch {
    response.destroy()
  }
}
