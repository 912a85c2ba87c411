import { isAbsolute, resolve } from 'node:path'

/**
 * The files named on a command line of the app: all that is no option. The system and Chromium add options of their own, and in a
 * checkout the app's folder comes first.
 * @param argv as in process.argv
 * @param skip how many words name the program: 1 packed, 2 in a checkout (electron, folder)
 */
export function fileArguments(argv: readonly string[], skip: number, workingFolder: string): string[] {
  const files: string[] = []
  let onlyFiles = false
  for (const word of argv.slice(skip)) {
    if (!onlyFiles && word === '--') onlyFiles = true
    else if (onlyFiles || !word.startsWith('-')) files.push(isAbsolute(word) ? word : resolve(workingFolder, word))
  }
  return files
}
