import { meaningOf } from '../pod-requests.ts'

/**
 * What a cluster has against several containers, in the order in which it is read. What one refusal demands of a container ("runAsUser=0
 * (container "x" must not set runAsUser=0)") and the advice at its end are only named, or left out, in those behind it.
 */
export function saidOnce(refusals: readonly string[]): string[] {
  const said = new Set<string>()
  const isNew = (words: string) => {
    const before = said.size
    return said.add(words).size > before
  }
  return refusals.map((refusal) => {
    const advice = meaningOf(refusal)
    const told = advice === undefined || isNew(advice) ? refusal : refusal.replace(` ${advice}`, '')
    if (!told.includes('violates PodSecurity')) return told
    return told.replaceAll(/([^,:()]+) \([^()]*\)/g, (demand: string, name: string) =>
      isNew(demand.replace(/containers? "[^"]*"(, "[^"]*")*/, 'container')) ? demand : name,
    )
  })
}
