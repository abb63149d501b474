//! A deep zoom into the Mandelbrot set, tile by tile: how far each picture reaches, and the pixels of its tiles.
//!
//! Numbers of 53 bits cannot tell neighbouring pixels apart below 1e-16. One point of each picture, its middle, is therefore
//! followed with 416 bits behind the point; all pixels are followed as small differences from it, in numbers of 53 bits
//! (perturbation, with rebasing where a difference grows beyond the value itself). That holds down to 1e-100, and as far as
//! the digits of the middle are known.

mod colour;
mod escape;
mod fixed;
mod orbit;

use serde::{Deserialize, Serialize};

/// A picture's width in pixels.
pub const WIDTH: u32 = 480;
/// A picture's height in pixels.
pub const HEIGHT: u32 = 336;
/// The side of a tile in pixels.
pub const TILE: u32 = 48;
/// Tiles of a picture.
pub const TILES: u32 = (WIDTH / TILE) * (HEIGHT / TILE);
/// Pictures of a dive; each shows a quarter of what the one before has shown, in width and height.
pub const PICTURES: u32 = 166;

/// The operation by which a tile is asked for: [`Tile`] → [`Pixels`].
pub const RENDER: &str = "Tile.Render";

/// A tile that is to be computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tile {
    /// The picture, from 0.
    pub picture: u32,
    /// Which of its tiles, row by row from 0.
    pub tile: u32,
}

/// The pixels of a tile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pixels {
    /// Row by row from the top, each red, green, blue and alpha.
    #[serde(with = "serde_bytes")]
    pub pixels: Vec<u8>,
}

impl Tile {
    /// Where it lies in its picture: pixels from the left and from the top.
    pub fn place(self) -> (u32, u32) {
        let across = WIDTH / TILE;
        ((self.tile % across) * TILE, (self.tile / across) * TILE)
    }

    /// Its pixels.
    pub fn render(self) -> Pixels {
        let picture = self.picture.min(PICTURES - 1);
        let most = 400 + 12 * picture;
        let orbit = orbit::of_middle(most);
        // Half of a picture's height, in the plane; a power of two, so it is exact.
        let half = 1.5 * 0.25_f64.powi(picture as i32);
        let pixel = 2.0 * half / f64::from(HEIGHT);
        let (left, top) = self.place();
        let mut pixels = Vec::with_capacity((TILE * TILE * 4) as usize);
        for y in 0..TILE {
            for x in 0..TILE {
                let re = (f64::from(left + x) - f64::from(WIDTH) / 2.0 + 0.5) * pixel;
                let im = (f64::from(HEIGHT) / 2.0 - f64::from(top + y) - 0.5) * pixel;
                pixels.extend(colour::of(escape::time(&orbit, re, im, most)));
            }
        }
        Pixels { pixels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shallow_picture_is_what_plain_numbers_say() {
        let middle = (-0.101_096_363_845_622_16, 0.956_286_510_809_141_5);
        let orbit = orbit::of_middle(400);
        for (re, im) in [(0.0, 0.9), (0.5, 0.2), (-1.3, -0.3), (0.1, -0.8), (0.02, 0.013)] {
            let (cr, ci) = (middle.0 + re, middle.1 + im);
            let (mut zr, mut zi, mut plain) = (0.0_f64, 0.0_f64, None);
            for step in 0..400 {
                (zr, zi) = (zr * zr - zi * zi + cr, 2.0 * zr * zi + ci);
                if zr * zr + zi * zi > escape::FAR {
                    plain = Some(step);
                    break;
                }
            }
            let found = escape::time(&orbit, re, im, 400).map(|time| time.floor() as i64);
            let plain: Option<i64> = plain;
            match (found, plain) {
                (Some(found), Some(plain)) => assert!((found - plain).abs() <= 9, "{re} {im}: {found} and {plain}"),
                (found, plain) => assert_eq!(found.is_some(), plain.is_some(), "{re} {im}"),
            }
        }
    }

    #[test]
    fn the_deepest_picture_still_tells_pixels_apart() {
        let tile = Tile { picture: PICTURES - 1, tile: 30 };
        let Pixels { pixels } = tile.render();
        assert_eq!(pixels.len(), (TILE * TILE * 4) as usize);
        let colours: std::collections::BTreeSet<&[u8]> = pixels.chunks(4).collect();
        assert!(colours.len() > 50, "{} colours", colours.len());
    }

    #[test]
    fn tiles_cover_the_picture() {
        let places: std::collections::BTreeSet<_> = (0..TILES).map(|tile| Tile { picture: 0, tile }.place()).collect();
        assert_eq!(places.len(), TILES as usize);
        assert!(places.iter().all(|(x, y)| x + TILE <= WIDTH && y + TILE <= HEIGHT));
    }
}
