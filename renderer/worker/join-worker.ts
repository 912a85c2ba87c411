import type { Note } from '../../common/model/note.ts'
import { MOST_JOINED_BYTES } from '../../common/model/joined-capture.ts'
import { joinCaptures, type JoinedCapture } from '../../engine/engine.ts'
import { sendJoined } from '../app/doors/capture-bytes.ts'
import type { DataRequest } from '../app/doors/door.ts'
import { byteSource, type CaptureOrigin } from './byte-source.ts'
import { pieceReader, type PieceReader } from './piece-reader.ts'

const REPORTS_MS = 100

/** A capture that is joined with others, as the page hands it to the worker. */
export interface CaptureToJoin {
  readonly name: string
  readonly origin: CaptureOrigin
  readonly notes: readonly Note[]
}

/** Puts captures together and sends the whole to the host, a piece at a time, while the next one is made. */
export class JoinWorker {
  /** `report` gets how many bytes of the parts were read. Rejects with what is for the person. */
  async join(
    captures: readonly CaptureToJoin[],
    place: DataRequest,
    report: (bytesRead: number) => void,
  ): Promise<JoinedCapture> {
    const control = new AbortController()
    let read = 0
    let reported = -Infinity
    const parts = captures.map(({ name, origin, notes }) => {
      const source = byteSource(origin)
      let reader: PieceReader | undefined
      const next = async () => {
        try {
          reader ??= pieceReader(await source.stream(control.signal))
          const bytes = await reader.next()
          read += bytes?.length ?? 0
          const now = performance.now()
          if (now - reported > REPORTS_MS) {
            reported = now
            report(read)
          }
          return bytes
        } catch (error) {
          throw new Error(`${name}: ${await source.explain(error)}`, { cause: error })
        }
      }
      return { name, notes, next }
    })
    try {
      return await this.#send(joinCaptures(parts), place)
    } finally {
      control.abort()
    }
  }

  async #send(joining: ReturnType<typeof joinCaptures>, place: DataRequest): Promise<JoinedCapture> {
    let at = 0
    let sent: Promise<void> = Promise.resolve()
    for (;;) {
      const piece = await joining.next()
      await sent
      if (piece.done) return piece.value
      const { value } = piece
      const from = at
      at += value.length
      sent = sendAll(place, from, value)
      // It may fail while the next piece is made; whoever awaits it learns of it.
      sent.catch(() => undefined)
    }
  }
}

async function sendAll(place: DataRequest, at: number, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length; from += MOST_JOINED_BYTES) {
    await sendJoined(place, at + from, new Uint8Array(bytes.subarray(from, from + MOST_JOINED_BYTES)))
  }
}
