import { statSync } from 'node:fs'
import { run } from './network.mjs'

/**
 * What an independent tool says about a capture; for tests to compare with, and for scenarios to find their facts in.
 * `decodeAs` names protocols that it would not see by itself ("tcp.port==50051,http2").
 */
export function factsOf(file, decodeAs = []) {
  const quiet = { stdio: ['ignore', 'pipe', 'pipe'] }
  /** Values of comma-separated fields in the frames that match, a row a frame. */
  const rows = (fields, filter) => {
    const args = ['-n', '-r', file, ...(filter ? ['-Y', filter] : []), '-T', 'fields']
    for (const field of fields.split(',')) args.push('-e', field)
    args.push('-o', 'tcp.relative_sequence_numbers:FALSE', '-d', 'udp.port==8472,vxlan')
    for (const rule of decodeAs) args.push('-d', rule)
    // Lines keep their empty fields.
    const lines = run('tshark', args, quiet).split('\n')
    return lines.filter((line) => line !== '').map((line) => line.split('\t'))
  }
  const all = rows('frame.time_epoch,frame.len,tcp.stream,udp.stream,tcp.flags.reset')
  const firstTime = Number(all[0][0])
  const highest = (column) =>
    all.reduce((most, row) => Math.max(most, ...row[column].split(',').filter(Boolean).map(Number)), -1)
  return {
    firstTime,
    rows,
    /** The ends of a TCP stream, the client (who sent the SYN, or the first packet) first. */
    ends(stream) {
      const [[source, sourcePort, destination, destinationPort]] = rows(
        'ip.src,tcp.srcport,ip.dst,tcp.dstport',
        `tcp.stream == ${stream}`,
      )
      const last = (values) => values.split(',').at(-1)
      return {
        addressA: last(source),
        portA: Number(sourcePort),
        addressB: last(destination),
        portB: Number(destinationPort),
      }
    },
    summary: {
      fileBytes: statSync(file).size,
      packets: all.length,
      wireBytes: all.reduce((sum, row) => sum + Number(row[1]), 0),
      seconds: Number((Number(all.at(-1)[0]) - firstTime).toFixed(3)),
      tcpStreams: highest(2) + 1,
      udpStreams: highest(3) + 1,
      resets: all.filter((row) => /1|True/.test(row[4])).length,
    },
  }
}
