// What is being dragged over the canvas.

class Dragging {
  /** The host that would take what is dragged. */
  over = $state("");
  /** Whether a node is on its way, so that nothing else moves it. */
  isOn = $state(false);
}

/** What is being dragged. */
export const dragging = new Dragging();

/** The kinds of data that the library gives to what is dragged. */
export const MODULE_TYPE = "application/x-wisteria-module";
export const PROVIDER_TYPE = "application/x-wisteria-provider";
