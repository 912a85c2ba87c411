import { expect, it } from 'vitest'
import { answers } from './use-answer.ts'

it('tells an older state of the same question from another question', () => {
  const question = JSON.stringify([{ filter: 'tcp' }, null])
  expect(answers(`${question} 3`, question)).toBe(true)
  expect(answers(`${JSON.stringify([{ filter: 'udp' }, null])} 3`, question)).toBe(false)
  expect(answers(undefined, question)).toBe(false)
})
