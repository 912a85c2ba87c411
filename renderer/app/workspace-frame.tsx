import { useState, type ReactNode, type Ref } from 'react'
import { Group, Panel, Separator, useDefaultLayout, type PanelImperativeHandle } from 'react-resizable-panels'

/** Pixels, also those of a large window that is zoomed. */
const NARROW = 800
const LOW = 500

/** The inspector's, and of a narrower window its share. */
const SIDE = 380
const SIDE_SHARE = 0.3

/** Of the height that the lists and the pane below them share. */
export const UPPER_SHARE = '55%'

/** The answer comes first also where there is room for one of them only. */
const LOW_UPPER_SHARE = '70%'

interface WorkspaceFrameProps {
  readonly time: ReactNode
  readonly upper: ReactNode
  readonly lower: ReactNode
  readonly side: ReactNode
  readonly upperPanel: Ref<PanelImperativeHandle | null>
  readonly sidePanel: Ref<PanelImperativeHandle | null>
}

/** Where the panes of an open capture are: time axis on top, the lists and what is in them below, the inspector at the side. */
export function WorkspaceFrame({ time, upper, lower, side, upperPanel, sidePanel }: WorkspaceFrameProps): ReactNode {
  const mainLayout = useDefaultLayout({ id: 'hopscope.main', storage: localStorage })
  // At 200 % the lanes need more for their names, and what was found more than the packets.
  const [low] = useState(() => window.innerHeight < LOW)
  // A window of which the inspector would take half begins without it, and remembers by itself what becomes of that.
  const [small] = useState(() => window.innerWidth < NARROW)
  const sideLayout = useDefaultLayout({ id: small ? 'hopscope.side.narrow' : 'hopscope.side', storage: localStorage })
  const listLayout = useDefaultLayout({ id: low ? 'hopscope.lists.low' : 'hopscope.lists', storage: localStorage })
  return (
    <Group orientation="vertical" {...mainLayout}>
      {/* Where the window is low, or a drawer open, what is below needs its lines. */}
      <Panel
        id="time"
        defaultSize={280}
        minSize={140}
        maxSize={low ? '48%' : '45%'}
        groupResizeBehavior="preserve-pixel-size"
      >
        {time}
      </Panel>
      <Separator className="separator horizontal" aria-label="Height of the time axis" />
      <Panel id="below" minSize={177}>
        <Group orientation="horizontal" {...sideLayout}>
          <Panel id="lists" minSize={320}>
            <Group orientation="vertical" {...listLayout}>
              {/* A line that comes at the bottom moves neither this nor the top of what is below it; a drawer does once three packets are left. */}
              <Panel
                id="conversations"
                panelRef={upperPanel}
                defaultSize={low ? LOW_UPPER_SHARE : UPPER_SHARE}
                minSize={52}
                groupResizeBehavior="preserve-pixel-size"
              >
                {upper}
              </Panel>
              <Separator className="separator horizontal" aria-label="Height of the lists" />
              <Panel id="packets" minSize={low ? 52 : 124}>
                {lower}
              </Panel>
            </Group>
          </Panel>
          <Separator className="separator vertical" aria-label="Width of the inspector" />
          <Panel
            id="inspector"
            panelRef={sidePanel}
            defaultSize={small ? 0 : Math.min(SIDE, window.innerWidth * SIDE_SHARE)}
            minSize={240}
            collapsible
            groupResizeBehavior="preserve-pixel-size"
          >
            {side}
          </Panel>
        </Group>
      </Panel>
    </Group>
  )
}
