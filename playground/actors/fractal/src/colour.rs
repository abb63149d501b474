//! Colours of points by the time that they take to leave.

/// Red, green, blue and alpha; dark for what never leaves.
pub(crate) fn of(time: Option<f64>) -> [u8; 4] {
    let Some(time) = time else {
        return [18, 16, 23, 255];
    };
    let turn = time * 0.12;
    let wave = |shift: f64, low: f64, high: f64| {
        let height = 0.5 + 0.5 * (turn * 1.7 + shift).cos();
        (low + (high - low) * height) as u8
    };
    [wave(3.1, 28.0, 255.0), wave(3.8, 22.0, 226.0), wave(4.9, 64.0, 250.0), 255]
}
