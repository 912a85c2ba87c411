import { useEffect, useState, type ReactNode } from 'react'
import type { ContextCaptureChange } from '../../../common/contract.ts'
import type { ContextCaptureSettings } from '../../../common/model/context.ts'

export interface PlaceSettingsProps {
  readonly context: string
  readonly settings: ContextCaptureSettings | undefined
  readonly onChange: (change: ContextCaptureChange) => void
}

/** With which image, and where pods on nodes are made: once for each context. */
export function PlaceSettings({ context, settings, onChange }: PlaceSettingsProps): ReactNode {
  const [image, setImage] = useState('')
  const [secrets, setSecrets] = useState('')
  const [namespace, setNamespace] = useState('')
  useEffect(() => {
    if (!settings) return
    setImage(settings.image)
    setSecrets(settings.imagePullSecrets.join(', '))
    setNamespace(settings.debugNamespace ?? '')
  }, [settings])
  if (!settings) return undefined
  const wanted = secrets.split(/[\s,]+/).filter(Boolean)
  const leave = () => {
    if (image.trim() !== '' && image.trim() !== settings.image) onChange({ image: image.trim() })
    if (wanted.join() !== settings.imagePullSecrets.join()) onChange({ imagePullSecrets: wanted })
    if (namespace.trim() !== (settings.debugNamespace ?? '')) onChange({ debugNamespace: namespace.trim() })
  }
  return (
    <details className="place-settings">
      <summary>
        Image: <span className="mono">{settings.image}</span>
      </summary>
      <p className="quiet">
        For all captures in {context}. It needs sh, tcpdump and sha256sum; nicolaka/netshoot has them. Where nodes can't
        reach Docker Hub, name a copy in your registry.
      </p>
      <div className="place-fields">
        <label>
          Image
          <input
            type="text"
            className="field"
            value={image}
            onChange={(e) => setImage(e.target.value)}
            onBlur={leave}
          />
        </label>
        <label>
          Pull secrets, for pods on nodes
          <input
            type="text"
            className="field"
            placeholder="none"
            value={secrets}
            onChange={(e) => setSecrets(e.target.value)}
            onBlur={leave}
          />
        </label>
        <label>
          Namespace for pods on nodes
          <input
            type="text"
            className="field"
            placeholder="the captured pod's"
            value={namespace}
            onChange={(e) => setNamespace(e.target.value)}
            onBlur={leave}
          />
        </label>
      </div>
    </details>
  )
}
