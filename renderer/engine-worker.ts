import { expose } from 'comlink'
import { Engine } from '../engine/engine.ts'
import { CaptureWorker } from './worker/capture-worker.ts'

// The worker's entry. The interface runs the engine's code here and in join-worker.ts, and nowhere else.
expose(new CaptureWorker((options) => new Engine(options)))
