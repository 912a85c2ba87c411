import { expose } from 'comlink'
import { Engine } from '../engine/engine.ts'
import { CaptureWorker } from './worker/capture-worker.ts'

// The worker's entry, and the only place of the interface that runs the engine's code.
expose(new CaptureWorker((options) => new Engine(options)))
