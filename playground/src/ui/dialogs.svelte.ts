// Which of the larger dialogs is open; each is loaded when it is opened first.
import type { Example } from "../gallery/examples";
import type { Shared } from "../share/format";

/** A dialog, with what it is about. */
export type OpenDialog =
  | { kind: "export"; actor?: string }
  | { kind: "import"; text?: string }
  | { kind: "share" }
  | { kind: "shared"; shared: Shared }
  | { kind: "gallery" }
  | { kind: "listen"; example: Example; failure: string };

class Dialogs {
  it = $state.raw<OpenDialog | undefined>(undefined);
}

/** The dialog that is open. */
export const dialogs = new Dialogs();

/** Opens a dialog in place of the one that is open. */
export function openDialog(it: OpenDialog): void {
  dialogs.it = it;
}

/** Closes it. */
export function closeDialog(): void {
  dialogs.it = undefined;
}
