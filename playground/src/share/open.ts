// Opens the link to a canvas that the page's address has: what it holds is shown, and nothing of it runs before people say so.

import { openDialog } from "../ui/dialogs.svelte";
import { showFailure } from "../ui/notices.svelte";
import { clearSharedFragment, isSharedFragment } from "./address";

/** Shows what the link in the page's address holds, if there is one. What is wrong with it is shown. */
export async function openSharedLink(): Promise<void> {
  if (!isSharedFragment(location.hash)) return;
  const fragment = location.hash.slice(1);
  try {
    const { readShared } = await import("./format");
    openDialog({ kind: "shared", shared: readShared(fragment) });
  } catch (thrown) {
    clearSharedFragment();
    showFailure("This link cannot be opened", thrown);
  }
}
