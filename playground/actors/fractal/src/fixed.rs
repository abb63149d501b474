//! Numbers between -8 and 8 with 416 bits behind the point.

/// Bits are kept in words of 32, the lowest first; the last word stands before the point.
const WORDS: usize = 14;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fixed {
    is_negative: bool,
    words: [u32; WORDS],
}

impl Fixed {
    pub(crate) const ZERO: Self = Self { is_negative: false, words: [0; WORDS] };

    /// Reads a decimal number that has one digit before the point.
    pub(crate) fn parse(text: &str) -> Self {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut words = [0; WORDS];
        // From the last digit to the first: each is put before what follows it, and all is divided by ten.
        for digit in text.bytes().rev().filter(u8::is_ascii_digit) {
            words[WORDS - 1] += u32::from(digit - b'0');
            divide_by_ten(&mut words);
        }
        // The digit before the point was divided as well.
        let mut carry = 0;
        for word in &mut words {
            let tenfold = u64::from(*word) * 10 + carry;
            (*word, carry) = (tenfold as u32, tenfold >> 32);
        }
        Self { is_negative, words }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        if self.is_negative == other.is_negative {
            let mut words = [0; WORDS];
            let mut carry = 0;
            for (at, word) in words.iter_mut().enumerate() {
                let sum = u64::from(self.words[at]) + u64::from(other.words[at]) + carry;
                (*word, carry) = (sum as u32, sum >> 32);
            }
            return Self { is_negative: self.is_negative, words };
        }
        let is_larger = self.words.iter().rev().ge(other.words.iter().rev());
        let (larger, smaller) = if is_larger { (self, other) } else { (other, self) };
        let mut words = [0; WORDS];
        let mut borrow = false;
        for (at, word) in words.iter_mut().enumerate() {
            let (rest, first) = larger.words[at].overflowing_sub(smaller.words[at]);
            let (rest, second) = rest.overflowing_sub(u32::from(borrow));
            (*word, borrow) = (rest, first || second);
        }
        Self { is_negative: larger.is_negative, words }
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.plus(&Self { is_negative: !other.is_negative, ..*other })
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut product = [0_u32; 2 * WORDS];
        for (at, left) in self.words.iter().enumerate() {
            let mut carry = 0;
            for (by, right) in other.words.iter().enumerate() {
                let sum = u64::from(*left) * u64::from(*right) + u64::from(product[at + by]) + carry;
                (product[at + by], carry) = (sum as u32, sum >> 32);
            }
            product[at + WORDS] = carry as u32;
        }
        let mut words = [0; WORDS];
        words.copy_from_slice(&product[WORDS - 1..2 * WORDS - 1]);
        Self { is_negative: self.is_negative != other.is_negative, words }
    }

    pub(crate) fn doubled(&self) -> Self {
        self.plus(self)
    }

    /// The nearest number of 53 bits, or one beside it.
    pub(crate) fn near(&self) -> f64 {
        let size = self.words.iter().fold(0.0, |sum, word| sum / 4_294_967_296.0 + f64::from(*word));
        if self.is_negative {
            -size
        } else {
            size
        }
    }
}

fn divide_by_ten(words: &mut [u32; WORDS]) {
    let mut rest = 0;
    for word in words.iter_mut().rev() {
        let dividend = (rest << 32) | u64::from(*word);
        (*word, rest) = ((dividend / 10) as u32, dividend % 10);
    }
}

#[cfg(test)]
mod tests {
    use super::Fixed;

    #[test]
    fn numbers_are_read_added_and_multiplied() {
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-15, "{found} and {expected}");
        let [a, b] = ["-0.775683768", "1.25"].map(Fixed::parse);
        near(a.near(), -0.775683768);
        near(a.plus(&b).near(), 0.474316232);
        near(a.minus(&b).near(), -2.025683768);
        near(a.times(&b).near(), -0.96960471);
        near(a.times(&a).near(), 0.775683768 * 0.775683768);
        near(b.doubled().near(), 2.5);
        assert_eq!(a.minus(&a).near(), 0.0);
    }

    #[test]
    fn what_is_far_behind_the_point_counts() {
        let tiny =
            "0.0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001";
        let sum = Fixed::parse("1.5").plus(&Fixed::parse(tiny));
        let rest = sum.minus(&Fixed::parse("1.5")).near();
        assert!((rest / 1e-100 - 1.0).abs() < 1e-12, "{rest}");
    }
}
