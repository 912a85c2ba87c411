/** The marks in front of Wireshark's info text, "[TCP Dup ACK 3#1] [TCP Window Update] 443 → 5100", and what follows them. */
export function splitMarks(info: string): { readonly marks: readonly string[]; readonly text: string } {
  const marks: string[] = []
  let at = 0
  for (;;) {
    const mark = /^\[TCP ([^\]]+)\] /.exec(info.slice(at))
    if (!mark) return { marks, text: info.slice(at) }
    marks.push(mark[1])
    at += mark[0].length
  }
}
