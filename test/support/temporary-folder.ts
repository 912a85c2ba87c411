import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'

/** A folder of the running test's own, gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder for all tests of the file, gone after the last. */
export function folderOfThisFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-tests-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
