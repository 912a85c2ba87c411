import { HostError, isErrorCode } from '../../../common/host-error.ts'
import { excerptsBody } from '../../../common/model/capture-excerpts.ts'
import { type CapturePiece, PIECE_HEAD, type PieceBytes, piecesText } from '../../../common/model/capture-pieces.ts'
import type { FoundPlaces } from '../../../common/model/capture-search.ts'
import type { DataRequest } from './door.ts'

// The data plane, from the page's side; works in a worker too. Errors are HostErrors.

/**
 * The capture's bytes from `from` to its end. With `follow`, the stream of a growing capture goes on until the capture is finished;
 * a finished one just ends. Aborting the signal or cancelling the stream closes the file on the host.
 */
export async function captureStream(
  request: DataRequest,
  options: { readonly from?: number; readonly follow?: boolean; readonly signal?: AbortSignal } = {},
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { from = 0, follow = false, signal } = options
  const url = follow ? `${request.url}?follow=1&from=${from}` : request.url
  const range: Record<string, string> = follow || from === 0 ? {} : { range: `bytes=${from}-` }
  const answer = await ask(url, { ...request.headers, ...range }, signal)
  if ('range' in range) mustBePartial(answer)
  return answer.body ?? new Blob([]).stream()
}

/** Bytes [start, end) of the capture; fewer where it ends earlier. */
export async function captureRange(
  request: DataRequest,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  if (end <= start) return new Uint8Array(0)
  const answer = await ask(request.url, { ...request.headers, range: `bytes=${start}-${end - 1}` }, signal)
  mustBePartial(answer)
  return new Uint8Array(await answer.arrayBuffer())
}

/**
 * The pieces' bytes, in the order they are asked for; fewer where the capture ends. Only so many and so large as capture-pieces.ts says. A host
 * that serves browsers ends reading when the signal aborts.
 */
export async function capturePieces(
  request: DataRequest,
  pieces: readonly CapturePiece[],
  signal?: AbortSignal,
): Promise<PieceBytes> {
  const answer = await ask(`${request.url}?pieces=${piecesText(pieces)}`, request.headers, signal)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const view = new DataView(bytes.buffer)
  const places = new Uint32Array(pieces.length)
  const lengths = new Uint32Array(pieces.length)
  for (let n = 0, at = 0; n < pieces.length; at = places[n] + lengths[n], n++) {
    lengths[n] = view.getUint32(at, true)
    places[n] = at + PIECE_HEAD
  }
  return { bytes, places, lengths }
}

/** Where what `text` says (capture-search.ts) begins in [from, to). Only so much as is said there. Aborted as pieces are. */
export async function captureSearch(
  request: DataRequest,
  text: string,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<FoundPlaces> {
  const answer = await ask(`${request.url}?find=${text}&from=${from}&to=${to}`, request.headers, signal)
  const words = new Uint32Array(await answer.arrayBuffer())
  return { places: Float64Array.from(words.subarray(1), (place) => from + place), to: from + words[0] }
}

/**
 * `length` bytes from each of the places on, one behind the other; fewer where the capture ends. Only so many as capture-excerpts.ts says. The host
 * ends reading when the signal aborts.
 */
export async function captureExcerpts(
  request: DataRequest,
  length: number,
  places: Float64Array,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await ask(`${request.url}?excerpts=${length}`, request.headers, signal, excerptsBody(places))
  return new Uint8Array(await answer.arrayBuffer())
}

/** The next bytes of a capture that this page puts together; see joined-capture.ts. */
export async function sendJoined(request: DataRequest, at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await ask(`${request.url}?at=${at}`, request.headers, undefined, bytes)
}

/**
 * Why a stream broke off: a body that ends early cannot say it itself, so ask for the file again.
 * Call it when reading from captureStream throws anything but an abort.
 */
export async function whyBroken(request: DataRequest): Promise<HostError> {
  try {
    await captureRange(request, 0, 1)
    return new HostError('unavailable', 'Reading the capture broke off before its end, though the host answers.')
  } catch (error) {
    if (error instanceof HostError) return error
  }
  return new HostError('unavailable', 'Reading the capture broke off: the connection to the host was lost.')
}

/** Whole instead of the part that was asked for: every offset would be wrong. */
function mustBePartial(answer: Response): void {
  if (answer.status === 206) return
  void answer.body?.cancel()
  throw new HostError('internal', 'The host sent the whole capture where a part of it was asked for.')
}

async function ask(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
  body?: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(url, {
      headers,
      cache: 'no-store',
      ...(signal && { signal }),
      ...(body && { method: 'POST', body }),
    })
  } catch {
    if (signal?.aborted) throw new HostError('cancelled', 'Reading the capture was cancelled.')
    // The browser says no more than that it failed.
    throw new HostError('unavailable', 'The host does not answer.')
  }
  if (!answer.ok) throw await errorIn(answer)
  return answer
}

/** The host answers errors with {code, message}. */
async function errorIn(answer: Response): Promise<HostError> {
  const fallback = new HostError('internal', `The host answered ${answer.status} ${answer.statusText}.`)
  try {
    const said: unknown = await answer.json()
    if (typeof said !== 'object' || said === null || !('code' in said) || !('message' in said)) return fallback
    return isErrorCode(said.code) && typeof said.message === 'string'
      ? new HostError(said.code, said.message)
      : fallback
  } catch {
    return fallback
  }
}
