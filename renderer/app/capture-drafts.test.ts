import { describe, expect, it } from 'vitest'
import { createCaptureDrafts } from './capture-drafts.ts'

const draft = (context: string, pod: string) => ({
  context,
  title: pod,
  targets: [{ kind: 'pod', namespace: 'shop', pod } as const],
})

describe('what is to be captured next', () => {
  it('is kept for each context while another one is looked at', () => {
    const drafts = createCaptureDrafts()
    drafts.put(draft('east', 'web-0'))
    drafts.put(draft('west', 'web-1'))
    expect(drafts.store.getState().drafts.get('east')?.title).toBe('web-0')
    expect(drafts.store.getState().drafts.get('west')?.title).toBe('web-1')
  })

  it('comes back as it was after it was cleared', () => {
    const drafts = createCaptureDrafts()
    const chosen = draft('east', 'web-0')
    drafts.put(chosen)
    drafts.clear('east')
    expect(drafts.store.getState().drafts.has('east')).toBe(false)
    expect(drafts.store.getState().cleared.get('east')).toBe(chosen)
    drafts.restore('east')
    expect(drafts.store.getState().drafts.get('east')).toBe(chosen)
    expect(drafts.store.getState().cleared.size).toBe(0)
  })

  it('does not come back over what was chosen since', () => {
    const drafts = createCaptureDrafts()
    drafts.put(draft('east', 'web-0'))
    drafts.clear('east')
    const since = draft('east', 'web-1')
    drafts.put(since)
    drafts.restore('east')
    expect(drafts.store.getState().drafts.get('east')).toBe(since)
  })
})
