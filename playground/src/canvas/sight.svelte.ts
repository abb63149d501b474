// How the canvas is looked at: from afar nobody can read, so that nothing is written.

class Sight {
  /** Whether everything is too small to be read. */
  isFar = $state(false);
}

/** How the canvas is looked at. */
export const sight = new Sight();

/** Below this zoom words are less than 6 pixels high. */
export const FAR = 0.42;
