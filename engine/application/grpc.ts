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
