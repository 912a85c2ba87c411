/** Lets the browser save it, as it saves any download. */
export function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has its own hold on the bytes by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** What a file made of a capture is called: "loss.pcapng.gz" and "-redacted.pcap" make "loss-redacted.pcap". */
export function nameFor(capture: string, ending: string): string {
  return capture.replace(/\.(gz|zst)$/i, '').replace(/\.(pcapng|pcap|cap|snoop|ntar)$/i, '') + ending
}
