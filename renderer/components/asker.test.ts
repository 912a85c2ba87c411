import { describe, expect, it } from 'vitest'
import { type Answer, Asker } from './asker.ts'

interface Question {
  readonly key: string
  readonly answer: (value: string) => Promise<void>
  readonly part: (value: string) => boolean
  readonly fail: (reason: Error) => Promise<void>
}

function asking() {
  const told: Answer<string>[] = []
  const questions: Question[] = []
  const asker = new Asker<string>((answer) => told.push(answer))
  const ask = (key: string | undefined) =>
    asker.ask(
      key,
      (show) =>
        new Promise((resolve, reject) => {
          const settled = () => new Promise<void>((done) => setTimeout(done))
          questions.push({
            key: key ?? '',
            part: show,
            answer: (value) => (resolve(value), settled()),
            fail: (reason) => (reject(reason), settled()),
          })
        }),
    )
  const keys = () => questions.map(({ key }) => key)
  return { asker, ask, told, questions, keys }
}

const cancelled = Object.assign(new Error('Cancelled before it was done.'), { name: 'Cancelled' })

describe('asking', () => {
  it('puts one question at a time, and never those that were overtaken', async () => {
    const { ask, questions, keys, told } = asking()
    ask('a')
    ask('b')
    ask('c')
    expect(keys()).toEqual(['a'])
    await questions[0].answer('A')
    expect(keys()).toEqual(['a', 'c'])
    await questions[1].answer('C')
    expect(told.map(({ key, value }) => [key, value])).toEqual([
      ['a', 'A'],
      ['c', 'C'],
    ])
  })

  it('puts a question again that was given up and then wanted again', async () => {
    const { ask, questions, keys, told } = asking()
    ask('a')
    ask('b')
    ask('a')
    await questions[0].fail(cancelled)
    expect(keys()).toEqual(['a', 'a'])
    await questions[1].answer('A')
    expect(told).toEqual([{ value: 'A', error: undefined, key: 'a', partial: false }])
  })

  it('tells why a question failed, unless another one is wanted', async () => {
    const { ask, questions, told } = asking()
    ask('a')
    await questions[0].answer('A')
    ask('b')
    await questions[1].fail(new Error('the file is gone'))
    expect(told.at(-1)).toEqual({ value: 'A', error: 'the file is gone', key: 'b', partial: false })
    ask('c')
    ask('d')
    await questions[2].fail(new Error('no'))
    await questions[3].answer('D')
    expect(told.slice(2)).toEqual([{ value: 'D', error: undefined, key: 'd', partial: false }])
  })

  it('shows parts of an answer only as long as it is wanted', async () => {
    const { ask, questions, told } = asking()
    ask('a')
    expect(questions[0].part('some')).toBe(true)
    expect(told).toEqual([{ value: 'some', error: undefined, key: 'a', partial: true }])
    ask('b')
    expect(questions[0].part('more')).toBe(false)
    expect(told).toHaveLength(1)
  })

  it('tells nothing once it was stopped', async () => {
    const { asker, ask, questions, keys, told } = asking()
    ask('a')
    asker.stop()
    await questions[0].answer('A')
    expect(told).toEqual([])
    ask('b')
    await questions[1].answer('B')
    expect(keys()).toEqual(['a', 'b'])
    expect(told).toHaveLength(1)
  })
})
