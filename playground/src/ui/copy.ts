// Copying, also where the page has no right to the clipboard.

/** Copies what a field has; resolves with what to tell the user. */
export async function copyFrom(field: HTMLTextAreaElement | HTMLInputElement): Promise<string> {
  try {
    await navigator.clipboard.writeText(field.value);
    return "Copied";
  } catch {
    // Pages without TLS have no clipboard.
    field.focus();
    field.select();
    return "Selected; press Ctrl C";
  }
}
