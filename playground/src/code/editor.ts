// The editor: CodeMirror, in a shadow root, where it brings its styles as style sheets that the page's policy allows.

import { javascript } from "@codemirror/lang-javascript";
import { wast } from "@codemirror/lang-wast";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, Prec, type Text } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";
import type { Problem } from "./compiled";
import type { Language } from "./sources";

/** What the editor is opened with. */
export interface EditorOptions {
  text: string;
  language: Language;
  /** What screen readers call it. */
  label: string;
  /** The text has changed. */
  onchange: (text: string) => void;
  /** Ctrl-S was pressed. */
  onsave: () => void;
}

/** An open editor. */
export interface Editor {
  /** Marks lines with what is wrong there, instead of all marks before. */
  mark: (problems: Problem[]) => void;
  /** Puts the cursor where a problem is, and the focus into the editor. */
  show: (problem: Problem) => void;
  focus: () => void;
  close: () => void;
}

/** Opens an editor in an element, which has none yet. */
export function openEditor(place: HTMLElement, { text, language, label, onchange, onsave }: EditorOptions): Editor {
  const root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
  const save = () => {
    onsave();
    return true;
  };
  const state = EditorState.create({
    doc: text,
    extensions: [
      Prec.highest(keymap.of([{ key: "Mod-s", run: save, preventDefault: true }])),
      basicSetup,
      language === "wat" ? wast() : javascript({ typescript: true }),
      indentUnit.of("  "),
      lintGutter(),
      THEME,
      syntaxHighlighting(COLOURS),
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
      EditorView.domEventHandlers({ beforeinput: replaceSelected }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) onchange(update.state.doc.toString());
      }),
    ],
  });
  const view = new EditorView({ state, parent: root, root });
  return {
    mark: (problems) => {
      const { state } = view;
      view.dispatch(setDiagnostics(state, problems.map((problem) => diagnosticOf(state.doc, problem))));
    },
    show: (problem) => {
      view.dispatch({ selection: { anchor: diagnosticOf(view.state.doc, problem).from }, scrollIntoView: true });
      view.focus();
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  };
}

/**
 * Replaces what is selected by what is typed. Browsers that do so themselves keep the look of what was there by styles inside
 * of elements, which the page's policy refuses.
 */
function replaceSelected(event: InputEvent, view: EditorView): boolean {
  const { inputType, data } = event;
  const { from, to, empty } = view.state.selection.main;
  if (inputType !== "insertText" || data === null || empty || view.composing) return false;
  event.preventDefault();
  const insertion = () =>
    view.state.update(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
  // Such as those that put brackets around what is selected.
  const handlers = view.state.facet(EditorView.inputHandler);
  if (!handlers.some((handle) => handle(view, from, to, data, insertion))) view.dispatch(insertion());
  return true;
}

/** The text may be another one by now. */
function diagnosticOf(text: Text, { severity, message, line, column, length }: Problem): Diagnostic {
  const { from: start, to: end } = text.line(Math.min(Math.max(1, line), text.lines));
  const from = Math.min(start + column - 1, end);
  return { from, to: Math.min(from + length, text.length), severity, message };
}

const THEME = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--field)", color: "var(--text)", fontSize: "13px" },
  "&.cm-focused": { outline: "0" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--field)", color: "var(--quiet)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in oklab, var(--accent) 7%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in oklab, var(--accent) 24%, var(--field))",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "color-mix(in oklab, var(--accent) 24%, transparent)" },
  ".cm-selectionMatch": { backgroundColor: "color-mix(in oklab, var(--accent) 14%, transparent)" },
  ".cm-tooltip, .cm-panels": {
    border: "1px solid var(--line-strong)",
    backgroundColor: "var(--card)",
    color: "var(--text)",
    fontFamily: "system-ui, sans-serif",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-soft)",
    color: "var(--text)",
  },
  ".cm-completionDetail": { color: "var(--quiet)", fontStyle: "normal" },
  ".cm-foldPlaceholder": { border: "0", backgroundColor: "var(--hover)", color: "var(--quiet)" },
  ".cm-textfield": { backgroundColor: "var(--field)", color: "var(--text)", border: "1px solid var(--line-strong)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--card)", color: "var(--text)" },
});

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.controlKeyword, tags.operatorKeyword], color: "var(--code-word)" },
  { tag: [tags.string, tags.regexp, tags.escape], color: "var(--code-text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-number)" },
  { tag: [tags.typeName, tags.className, tags.namespace], color: "var(--code-type)" },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: "var(--quiet)", fontStyle: "italic" },
  { tag: tags.invalid, color: "var(--bad)" },
]);
