import { expose } from 'comlink'
import { Engine } from '../engine/engine.ts'
import { CaptureWorker } from './worker/capture-worker.ts'

expose(new CaptureWorker((options) => new Engine(options)))
