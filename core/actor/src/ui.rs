//! `wisteria:ui`: texts, canvases and inputs on the page of a tab.
//!
//! The actor is told of what people do there by `Ui.HandleEvent`.

pub use wisteria_contracts::ui::{DrawRequest, InputKind, NotifyLevel, UiEvent, UiEventKind};

use wisteria_contracts::ui::{
    CONTRACT, NotifyRequest, ShowCanvasRequest, ShowInputRequest, ShowTextRequest, operation,
};

use crate::{
    Result,
    call::{call_provider, tell_provider},
};

/// A page, whichever the link leads to.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    link_name: &'a str,
}

/// The page linked under the name `default`.
pub fn default() -> Page<'static> {
    linked("default")
}

/// The page linked under a name.
pub fn linked(link_name: &str) -> Page<'_> {
    Page { link_name }
}

impl Page<'_> {
    /// Shows text under a name, in place of what stood there or, with `append`, behind it.
    ///
    /// # Errors
    /// The page is gone, or the text is too long.
    pub fn show_text(&self, name: &str, text: &str, append: bool) -> Result<()> {
        let argument = ShowTextRequest { name: name.to_owned(), text: text.to_owned(), append };
        tell_provider(self.link_name, CONTRACT, operation::SHOW_TEXT, &argument)
    }

    /// Shows a message that goes away by itself.
    ///
    /// # Errors
    /// The page is gone.
    pub fn notify(&self, text: &str, level: NotifyLevel) -> Result<()> {
        let argument = NotifyRequest { text: text.to_owned(), level };
        tell_provider(self.link_name, CONTRACT, operation::NOTIFY, &argument)
    }

    /// Shows a canvas of so many pixels; one of that name and size stays as it is.
    ///
    /// # Errors
    /// The page is gone, or the canvas is too large.
    pub fn show_canvas(&self, name: &str, width: u32, height: u32) -> Result<()> {
        let argument = ShowCanvasRequest { name: name.to_owned(), width, height };
        tell_provider(self.link_name, CONTRACT, operation::SHOW_CANVAS, &argument)
    }

    /// Draws a bitmap on a canvas.
    ///
    /// # Errors
    /// The page is gone or shows no such canvas, or the pixels are not width × height × 4 bytes.
    pub fn draw(&self, bitmap: &DrawRequest) -> Result<()> {
        tell_provider(self.link_name, CONTRACT, operation::DRAW, bitmap)
    }

    /// Shows an input, or changes the one of that name; it keeps its value where none is given.
    ///
    /// # Errors
    /// The page is gone.
    pub fn show_input(&self, name: &str, kind: InputKind, label: &str, value: Option<&str>) -> Result<()> {
        let (name, label, value) = (name.to_owned(), label.to_owned(), value.map(str::to_owned));
        let argument = ShowInputRequest { name, kind, label, value };
        tell_provider(self.link_name, CONTRACT, operation::SHOW_INPUT, &argument)
    }

    /// Removes a text, canvas or input; whether there was one.
    ///
    /// # Errors
    /// The page is gone.
    pub fn remove(&self, name: &str) -> Result<bool> {
        call_provider(self.link_name, CONTRACT, operation::REMOVE, name)
    }
}
