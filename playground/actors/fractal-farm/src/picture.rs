//! What is drawn of a picture, in the key-value store.

use fractal::TILES;
use wisteria_actor::{keyvalue, Result};

/// A picture by its number.
pub(crate) struct Picture(pub(crate) u32);

impl Picture {
    /// A tile to compute: each once, and then those again that nobody has finished. None where all are drawn.
    pub(crate) fn take(&self) -> Result<Option<u32>> {
        let taken = keyvalue::default().increment(&self.key("taken"), 1)? as u32;
        if taken <= TILES {
            return Ok(Some(taken - 1));
        }
        let drawn = self.drawn()?;
        let open: Vec<u32> = (0..TILES).filter(|tile| !drawn.contains(&tile.to_string())).collect();
        // Turns that come here at once take different ones.
        Ok((!open.is_empty()).then(|| open[taken as usize % open.len()]))
    }

    /// Notes that a tile is drawn; whether it was the last one, which is told once.
    pub(crate) fn finish(&self, tile: u32) -> Result<bool> {
        let store = keyvalue::default();
        if store.set_add(&self.key("drawn"), &tile.to_string())? == 0 {
            return Ok(false);
        }
        Ok(store.increment(&self.key("finished"), 1)? as u32 == TILES)
    }

    /// The tiles that are drawn.
    pub(crate) fn drawn(&self) -> Result<Vec<String>> {
        keyvalue::default().set_query(&self.key("drawn"))
    }

    /// Drops what is kept of it, except how far it was taken: turns may still be on their way.
    pub(crate) fn forget(&self) -> Result<()> {
        let store = keyvalue::default();
        store.set_clear(&self.key("drawn"))?;
        store.del(&self.key("finished")).map(drop)
    }

    fn key(&self, what: &str) -> String {
        format!("farm:{}:{what}", self.0)
    }
}
