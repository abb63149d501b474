//! Computes tiles of a deep zoom, whoever asks. As many hosts as run it share the work.

use fractal::{Pixels, Tile, RENDER};
use wisteria_actor::{handlers, Result};

handlers! {
    RENDER => render,
}

fn render(tile: Tile) -> Result<Pixels> {
    Ok(tile.render())
}
