//! `wisteria:ui`: what an actor shows on the page of a tab, and what people do there.
//!
//! Texts, canvases and inputs have names, which are the actor's own: what other actors name is not touched. One name stands
//! for one thing; what is shown under it next replaces it. Where on the page it stands is the affair of page and link; what
//! the page has no place for is put at its end. All of it goes when the link ends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wisteria:ui";

/// Operations.
pub mod operation {
    /// [`ShowTextRequest`](super::ShowTextRequest) → nothing; called by the actor, as are all but the last.
    pub const SHOW_TEXT: &str = "Ui.ShowText";
    /// [`NotifyRequest`](super::NotifyRequest) → nothing, at once.
    pub const NOTIFY: &str = "Ui.Notify";
    /// [`ShowCanvasRequest`](super::ShowCanvasRequest) → nothing.
    pub const SHOW_CANVAS: &str = "Ui.ShowCanvas";
    /// [`DrawRequest`](super::DrawRequest) → nothing.
    pub const DRAW: &str = "Ui.Draw";
    /// [`ShowInputRequest`](super::ShowInputRequest) → nothing.
    pub const SHOW_INPUT: &str = "Ui.ShowInput";
    /// Names of inputs, none for all → their values by name, without those that are not there.
    pub const READ_INPUTS: &str = "Ui.ReadInputs";
    /// Name of a text, canvas or input → whether it was there. It is no longer.
    pub const REMOVE: &str = "Ui.Remove";
    /// [`UiEvent`](super::UiEvent) → nothing; called by the provider. An actor need not know it: an error changes nothing.
    pub const HANDLE_EVENT: &str = "Ui.HandleEvent";
}

/// How wide and how high a canvas may be.
pub const MAX_CANVAS_SIDE: u32 = 4_096;

/// The values of inputs by their names.
pub type Inputs = BTreeMap<String, String>;

/// Shows text in a place, instead of what that showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShowTextRequest {
    /// The place.
    pub name: String,
    /// The text. It is shown as it is: never as HTML.
    pub text: String,
    /// Whether to leave what is there and add the text to its end.
    #[serde(default)]
    pub append: bool,
}

/// Shows a message that goes away by itself or is dismissed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotifyRequest {
    /// The message.
    pub text: String,
    /// How grave it is.
    #[serde(default)]
    pub level: NotifyLevel,
}

/// How grave a message is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum NotifyLevel {
    /// Good to know.
    #[default]
    Info,
    /// Something was done.
    Success,
    /// Something may go wrong.
    Warning,
    /// Something went wrong.
    Error,
}

/// Shows a canvas, transparent. One of that name and size stays as it is; one of another size is replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShowCanvasRequest {
    /// Its name.
    pub name: String,
    /// Its width in pixels, 1 to 4,096.
    pub width: u32,
    /// Its height in pixels, 1 to 4,096.
    pub height: u32,
}

/// Draws a bitmap on a canvas. What was there is replaced, not blended with; what lies outside of the canvas is cut off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DrawRequest {
    /// The canvas, which must have been shown.
    pub canvas: String,
    /// Where the bitmap's left edge lies, in pixels from the canvas's left.
    #[serde(default)]
    pub x: i32,
    /// Where its upper edge lies, in pixels from the canvas's top.
    #[serde(default)]
    pub y: i32,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Its pixels, row by row from the top, each red, green, blue and alpha: width × height × 4 bytes.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub pixels: Vec<u8>,
}

/// Shows an input, or changes the one of that name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShowInputRequest {
    /// Its name.
    pub name: String,
    /// What kind it is.
    #[serde(default)]
    pub kind: InputKind,
    /// What stands beside it, or on a button.
    #[serde(default)]
    pub label: String,
    /// Its value from now on; without it, one that is there keeps its own, and a new one has the first of its kind: empty,
    /// `0` or `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What kind of input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// A line of text.
    #[default]
    Text,
    /// A number, its value in decimal.
    Number,
    /// A box to tick, its value `true` or `false`.
    Checkbox,
    /// A button; its value is what the actor gave it.
    Button,
}

/// Something that somebody did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UiEvent {
    /// The input or canvas.
    pub name: String,
    /// What happened there.
    pub kind: UiEventKind,
    /// The value of an input, the key that was pressed (`a`, `Enter`, `ArrowLeft`), empty for the rest.
    #[serde(default)]
    pub value: String,
    /// Where on a canvas, in its pixels from the left; 0 for the rest.
    #[serde(default)]
    pub x: i32,
    /// Where on a canvas, in its pixels from the top; 0 for the rest.
    #[serde(default)]
    pub y: i32,
}

/// What happened. Of several moves that wait for the actor, only the last is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum UiEventKind {
    /// An input has another value.
    #[default]
    Change,
    /// A button was pressed.
    Press,
    /// The pointer went down on a canvas.
    PointerDown,
    /// The pointer moved over a canvas while it was down.
    PointerMove,
    /// The pointer went up again.
    PointerUp,
    /// A key went down while a canvas had the focus.
    KeyDown,
    /// A key went up again.
    KeyUp,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "What actors show on a page, and what people do there")
        .by_actor::<ShowTextRequest, ()>(operation::SHOW_TEXT, "Shows text.")
        .by_actor::<NotifyRequest, ()>(operation::NOTIFY, "Shows a message that goes away.")
        .by_actor::<ShowCanvasRequest, ()>(operation::SHOW_CANVAS, "Shows a canvas to draw on.")
        .by_actor::<DrawRequest, ()>(operation::DRAW, "Draws a bitmap on a canvas.")
        .by_actor::<ShowInputRequest, ()>(operation::SHOW_INPUT, "Shows an input, or changes it.")
        .by_actor::<Vec<String>, Inputs>(operation::READ_INPUTS, "The values of these inputs, or of all.")
        .by_actor::<String, bool>(operation::REMOVE, "Removes a text, canvas or input; answers whether it was there.")
        .by_provider::<UiEvent, ()>(operation::HANDLE_EVENT, "Somebody used an input or a canvas.")
}
