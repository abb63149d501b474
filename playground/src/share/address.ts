// Links to canvases in the page's address. What reads them is loaded when there is one.

/** Whether what stands behind an address's # is a link to a canvas, of whatever format. Tokens stand there as `#token=…`. */
export function isSharedFragment(hash: string): boolean {
  return /^#\d/.test(hash);
}

/** Takes the link out of the page's address, so that it is asked about once. */
export function clearSharedFragment(): void {
  if (isSharedFragment(location.hash)) history.replaceState(history.state, "", location.pathname + location.search);
}
