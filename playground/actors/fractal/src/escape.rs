//! When a point leaves the set's neighbourhood, followed as its difference from the middle.

/// The square of how far away a point counts as gone. Far, so that what is between two steps can be told.
pub(crate) const FAR: f64 = 65_536.0;

/// After how many steps the point at a distance from the middle has left, with a fraction; none within `most` steps.
///
/// Where the difference has grown beyond the value itself, the value is the difference from the orbit's begin (rebasing): so
/// nothing is lost that a small difference of large numbers would lose.
pub(crate) fn time(orbit: &[(f64, f64)], re: f64, im: f64, most: u32) -> Option<f64> {
    let (mut dr, mut di) = (0.0_f64, 0.0_f64);
    let mut at = 0;
    for step in 0..most {
        let (or, oi) = orbit[at];
        // d ← 2·o·d + d² + c
        let (sr, si) = (2.0 * or + dr, 2.0 * oi + di);
        (dr, di) = (sr * dr - si * di + re, sr * di + si * dr + im);
        at += 1;
        let (zr, zi) = (orbit[at].0 + dr, orbit[at].1 + di);
        let size = zr * zr + zi * zi;
        if size > FAR {
            return Some(f64::from(step) + 1.0 - (size.ln() / FAR.ln()).log2());
        }
        if size < dr * dr + di * di || at + 1 == orbit.len() {
            (dr, di, at) = (zr, zi, 0);
        }
    }
    None
}
