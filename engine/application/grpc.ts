/** Status codes of gRPC (grpc/doc/statuscodes.md). */
const STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

/** Whether a content type is gRPC's: "application/grpc", with "+proto" or the like behind it, but not gRPC-Web. */
export const isGrpc = (contentType: string): boolean => /^application\/grpc($|[+;])/.test(contentType)

/** A grpc-status as it is spoken of: "14 UNAVAILABLE". */
export function grpcStatus(value: string): { readonly text: string; readonly failed: boolean } {
  const code = /^\d{1,3}$/.test(value) ? Number(value) : undefined
  if (code === undefined) return { text: 'malformed grpc-status', failed: true }
  const name = code < STATUS.length ? ` ${STATUS[code]}` : ''
  return { text: `${code}${name}`, failed: code !== 0 }
}

/** The compressed flag and the length before each message (grpc/doc/PROTOCOL-HTTP2.md). */
export const GRPC_HEADER = 5

/**
 * Where the messages are in [from, to), the content of a DATA frame on a connection with gRPC: only where they fill it exactly, as the
 * middle of a message that is longer than a frame looks like anything.
 */
export function grpcMessages(bytes: Uint8Array, from: number, to: number): readonly number[] {
  const found: number[] = []
  let at = from
  while (at + GRPC_HEADER <= to && bytes[at] <= 1) {
    found.push(at)
    at += GRPC_HEADER + grpcLength(bytes, at)
  }
  return at === to ? found : []
}

/** Of the message whose header is at `at`. */
export const grpcLength = (bytes: Uint8Array, at: number): number =>
  ((bytes[at + 1] << 24) | (bytes[at + 2] << 16) | (bytes[at + 3] << 8) | bytes[at + 4]) >>> 0
