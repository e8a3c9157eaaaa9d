import { Box, Text, useApp, useInput, usePaste, useStdin } from "ink";
import { memo, type ReactNode, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";
import type { OutsideProgram } from "../effects/open-outside.ts";
import { keyNames } from "../keys/key-names.ts";
import type { Commands } from "../keys/key-table.ts";
import { pressKey } from "../keys/press-key.ts";
import { paneAt } from "../layout.ts";
import { layoutFor, scopeOf, shownSheet } from "../state/select.ts";
import type { Store } from "../store.ts";
import { createDoubleClick, createMouseParser, type MouseEvent } from "../terminal/mouse.ts";
import { themes } from "../theme.ts";
import { type ScreenBlock, screenBlocks } from "./screen-blocks.ts";

export interface AppProps {
  readonly store: Store;
  readonly commands: Omit<Commands, "suspend" | "outside"> & {
    /** @param onTerminal runs something that has the terminal for itself meanwhile. */
    outside(program: OutsideProgram, onTerminal: (run: () => Promise<void>) => Promise<void>): Promise<void>;
  };
  /** Turns the reports of the mouse on and off in the terminal. */
  readonly setMouse: (on: boolean) => void;
  /** Nothing is drawn: what was on the screen is to be drawn anew after it. */
  readonly blank: boolean;
}

export function App({ store, commands, setMouse, blank }: AppProps): ReactNode {
  const state = useSyncExternalStore(store.subscribe, store.getState);
  const { suspendTerminal } = useApp();
  const suspend = () => {
    setMouse(false);
    void suspendTerminal(() => {
      process.kill(process.pid, "SIGTSTP");
    }).finally(() => setMouse(store.getState().mouse));
  };
  const onTerminal = async (run: () => Promise<void>) => {
    setMouse(false);
    await suspendTerminal(run).finally(() => setMouse(store.getState().mouse));
  };
  const outside = (program: OutsideProgram) => void commands.outside(program, onTerminal);
  useInput((input, key) => {
    for (const name of keyNames(input, key)) pressKey(name, store, { ...commands, suspend, outside });
  });
  usePaste(text => {
    const line = text.split(/[\r\n]/)[0] ?? "";
    if (store.getState().prompt) store.dispatch({ type: "edit", edit: { kind: "insert", text: line } });
  });
  const enter = () => pressKey("enter", store, { ...commands, suspend, outside });
  useMouse(store, state.mouse, setMouse, enter);
  return (
    <Box width={state.size.columns} height={state.size.rows}>
      {blank
        ? null
        : screenBlocks(state, themes[state.theme]).map(block => (
            <Block key={`${block.x} ${block.y} ${block.width}`} {...block} />
          ))}
    </Box>
  );
}

/** What has not changed is not looked at again: ink's work grows with the text that it is given, spaces too. */
function Block({ x, y, width, lines }: ScreenBlock): ReactNode {
  return (
    <Box position="absolute" marginLeft={x} marginTop={y} width={width} flexDirection="column">
      {lines.map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place in the block
        <Line key={row} text={line === "" ? " " : line} />
      ))}
    </Box>
  );
}

const Line = memo(({ text }: { readonly text: string }) => <Text wrap="truncate">{text}</Text>);

function useMouse(store: Store, on: boolean, setMouse: (on: boolean) => void, enter: () => void): void {
  const { stdin } = useStdin();
  const listener = useRef<(chunk: string | Buffer) => void>(undefined);
  // That of the latest frame, for a listener that stays.
  const onDouble = useRef(enter);
  onDouble.current = enter;
  useEffect(() => {
    const parse = createMouseParser();
    const isDouble = createDoubleClick();
    listener.current = chunk => {
      for (const event of parse(String(chunk))) {
        if (isDouble(event, performance.now())) onDouble.current();
        else point(store, event);
      }
    };
    // After ink's own listener, which decides how the stream is read.
    stdin.on("data", listener.current);
  }, [stdin, store]);
  // Before ink gives the stream back: a listener that stayed would keep reading.
  useLayoutEffect(
    () => () => {
      if (listener.current) stdin.off("data", listener.current);
    },
    [stdin],
  );
  useLayoutEffect(() => {
    setMouse(on);
    return () => setMouse(false);
  }, [on, setMouse]);
}

function point(store: Store, event: MouseEvent): void {
  const state = store.getState();
  if (event.kind === "click" && scopeOf(state) === shownSheet(state)?.kind) {
    store.dispatch({ type: "sheet-click", x: event.x, y: event.y });
    return;
  }
  const place = paneAt(layoutFor(state), event.x, event.y);
  if (!place) return;
  if (event.kind === "click") store.dispatch({ type: "point", ...place });
  else store.dispatch({ type: "wheel", pane: place.pane, by: event.by });
}
