import { ipcRenderer } from 'electron'

// Hands the page one end of a message channel to the main process, each time it asks; exposes nothing else to it.
// The main process checks who is asking, see main/electron/window-door.ts.
window.addEventListener('message', (event) => {
  if (event.source !== window || event.origin !== location.origin || event.data !== 'hopscope:connect') return
  const { port1, port2 } = new MessageChannel()
  ipcRenderer.postMessage('hopscope:connect', undefined, [port1])
  window.postMessage('hopscope:port', location.origin, [port2])
})
