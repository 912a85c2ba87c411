import { expose } from 'comlink'
import { JoinWorker } from './worker/join-worker.ts'

// The entry of the worker that puts captures together; ending it gives up what it is at.
expose(new JoinWorker())
