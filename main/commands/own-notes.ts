import { resolve } from 'node:path'
import type { Note } from '../../common/model/note.ts'
import { HostError } from '../../common/host-error.ts'
import { findInstallation } from '../installation.ts'
import { NoteFile } from '../notes/note-file.ts'
import { dataFolder } from '../user-folder.ts'
import { CommandError } from './command.ts'

/** The notes kept for a capture; undefined for standard input, beside which none can be. Throws CommandError. */
export async function noteFileOf(file: string): Promise<NoteFile | undefined> {
  if (file === '-') return undefined
  return said(NoteFile.of(resolve(file), { dataFolder: dataFolder(), samplesFolder: findInstallation().samples }))
}

export async function ownNotes(file: string): Promise<readonly Note[]> {
  // A pipe is a file as well, but none that is kept.
  const notes = await noteFileOf(file).catch(() => undefined)
  return notes ? said(notes.read()) : []
}

/** What the host would tell a window, told at the command line. */
export async function said<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof HostError ? new CommandError(error.message) : error
  }
}
