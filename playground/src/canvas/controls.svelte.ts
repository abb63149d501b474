// What the canvas can be asked to do from elsewhere, as by the palette.

/** Filled in by the canvas while it is shown. */
export const canvas = {
  fit: (): void => {},
  zoomIn: (): void => {},
  zoomOut: (): void => {},
  tidy: async (): Promise<void> => {},
};
