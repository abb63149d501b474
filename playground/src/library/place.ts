// Where the samples and their index lie, beside the page.

/** The folder; `/actors/` is where the service worker answers. */
export const LIBRARY = "library";
