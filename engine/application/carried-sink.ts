import type { ExchangeSink } from './stream-decoder.ts'

/** The sink of a conversation for the protocol that it has changed to: what begins from now on is told as that protocol's. */
export function carriedSink(sink: ExchangeSink, protocol: string): ExchangeSink {
  return {
    begin: (row, time) => {
      const id = sink.begin(row, time)
      sink.protocol(id, protocol)
      return id
    },
    requestEnd: (id, row, time) => sink.requestEnd(id, row, time),
    responseBegin: (id, row, time) => sink.responseBegin(id, row, time),
    responseEnd: (id, row, time) => sink.responseEnd(id, row, time),
    ask: (id, text) => sink.ask(id, text),
    answer: (id, text, failed) => sink.answer(id, text, failed),
    oneWay: (id) => sink.oneWay(id),
    cannotTell: (id) => sink.cannotTell(id),
    protocol: (id, name) => sink.protocol(id, name),
    carries: (name, row) => sink.carries(name, row),
    fact: (name, value, row) => sink.fact(name, value, row),
  }
}
