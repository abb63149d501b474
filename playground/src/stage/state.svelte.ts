// Whether the stage is shown, and by which provider; what puts it up is loaded when it is needed.

class Stage {
  isOpen = $state(false);
  /** The key of the provider, once it is put up. */
  provider = $state("");
}

/** The stage of this tab. */
export const stage = new Stage();
