import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type axeCore from 'axe-core'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Serious and critical findings of axe-core, one line each, once nothing waits or fades: half-faded text has no contrast. */
export async function findings(page: Page): Promise<readonly string[]> {
  return (await allFindings(page)).filter((line) => /^(serious|critical) /.test(line))
}

/** All findings, each with its impact before it. */
export async function allFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE)
  await page.waitForFunction(() => {
    // A cursor blinks for ever.
    const fades = document.getAnimations().some(({ effect }) => effect?.getTiming().iterations !== Infinity)
    return !fades && !document.querySelector('[aria-busy=true]')
  })
  return page.evaluate(async () => {
    // Put there by the script above.
    const { axe } = window as unknown as { axe: typeof axeCore }
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return (
      violations
        .flatMap(({ id, impact, nodes }) =>
          nodes.map((node) => `${impact} ${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`),
        )
        // What drags the height of the terminals lies between two landmarks, in neither.
        .filter((line) => !/^moderate region: .*role="separator"/.test(line))
    )
  })
}
