/** The labels of the TLS key log format (draft-ietf-tls-keylogfile), whose lines some programs keep in comments. */
const KEY_LOG_LINE =
  /^\s*(?:(?:RSA|CLIENT_RANDOM|[A-Z_]{0,30}(?:TRAFFIC|EXPORTER|MASTER|ECH)[A-Z_]{0,10}SECRET(?:_\d+)?|ECH_CONFIG)\s+[0-9a-f]+\s+[0-9a-f]+|RSA\s+Session-ID:.*)\s*$/i

const LEFT_OUT = '[TLS keys left out]'

/** The comment without lines that would decrypt the capture, and with a word in their place. */
export function withoutKeys(comment: string): string {
  const lines = comment.split(/\r?\n/)
  const first = lines.findIndex((line) => KEY_LOG_LINE.test(line))
  if (first < 0) return comment
  return lines
    .map((line, i) => (i === first ? LEFT_OUT : line))
    .filter((line) => !KEY_LOG_LINE.test(line))
    .join('\n')
}
