// The package has no types of its own. What the tests use of it: https://www.npmjs.com/package/pcap-parser
declare module 'pcap-parser' {
  export interface PcapPacket {
    readonly header: {
      readonly timestampSeconds: number
      readonly timestampMicroseconds: number
      readonly capturedLength: number
      readonly originalLength: number
    }
    readonly data: Uint8Array
  }

  export interface PcapParser {
    on(event: 'packet', listener: (packet: PcapPacket) => void): void
    on(event: 'end', listener: () => void): void
    on(event: 'error', listener: (error: Error) => void): void
  }

  export function parse(path: string): PcapParser
}
