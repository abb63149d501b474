// How the page looks here: theme, view and open panels, kept in this browser.

/** Light, dark, or as the system says. */
export type Theme = "system" | "light" | "dark";

const THEMES: Theme[] = ["system", "light", "dark"];
const KEY = "wisteria theme";

/** A page of so many pixels, or fewer, is laid out as on a phone; as in the stylesheets. */
export const NARROW = 720;

/** What covers the canvas on a phone. */
export type Sheet = "library" | "inspector" | "timeline" | undefined;

class Settings {
  theme = $state<Theme>(readTheme());
  /** Whether the page is as narrow as a phone: then panels are sheets, and hosts stand below one another. */
  isPhone = $state(false);
  view = $state<"canvas" | "list">("canvas");
  hasLibrary = $state(true);
  hasTimeline = $state(true);
  sheet = $state<Sheet>(undefined);
  palette = $state(false);
  shortcuts = $state(false);
  /** Whether a server is to be joined. */
  joining = $state(false);
  /** On which host the library starts actors; this tab where empty. */
  startOn = $state("");
}

/** How the page looks. */
export const settings = new Settings();

function readTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === kept) ?? "system";
}

/** Goes on to the next theme. */
export function nextTheme(): void {
  const next = THEMES[(THEMES.indexOf(settings.theme) + 1) % THEMES.length] ?? "system";
  settings.theme = next;
  localStorage.setItem(KEY, next);
}
