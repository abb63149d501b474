//! A number of Postgres' type `numeric` as text, digit for digit as Postgres itself writes it.

/// The text of what a `numeric` is on the wire: how many digits of base 10,000, the weight of the first, the sign, how many
/// decimals are shown, and the digits.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let (head, mut digits) = bytes.split_first_chunk::<8>()?;
    let word = |at: usize| [head[at], head[at + 1]];
    let (weight, decimals) = (i16::from_be_bytes(word(2)), u16::from_be_bytes(word(6)));
    let sign = match u16::from_be_bytes(word(4)) {
        0x0000 => "",
        0x4000 => "-",
        0xc000 => return Some("NaN".to_owned()),
        0xd000 => return Some("Infinity".to_owned()),
        0xf000 => return Some("-Infinity".to_owned()),
        _ => return None,
    };
    let mut groups = Vec::with_capacity(usize::from(u16::from_be_bytes(word(0))));
    while let Some((digit, rest)) = digits.split_first_chunk::<2>() {
        groups.push(u16::from_be_bytes(*digit));
        digits = rest;
    }
    // The group that counts 10,000 to that power; none is 0.
    let group = |power: i32| {
        let at = usize::try_from(i32::from(weight) - power).ok();
        at.and_then(|at| groups.get(at)).copied().unwrap_or(0)
    };
    let whole: String = (0..=i32::from(weight).max(0)).rev().map(|power| format!("{:04}", group(power))).collect();
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        some => some,
    };
    let mut fraction: String =
        (1..=i32::from(decimals.div_ceil(4))).map(|power| format!("{:04}", group(-power))).collect();
    fraction.truncate(decimals.into());
    Some(match fraction.is_empty() {
        true => format!("{sign}{whole}"),
        false => format!("{sign}{whole}.{fraction}"),
    })
}

#[cfg(test)]
mod tests {
    use super::text;

    fn written(weight: i16, sign: u16, decimals: u16, groups: &[u16]) -> Option<String> {
        let count = u16::try_from(groups.len()).expect("few");
        let head = [count.to_be_bytes(), weight.to_be_bytes(), sign.to_be_bytes(), decimals.to_be_bytes()].concat();
        text(&[head, groups.iter().flat_map(|group| group.to_be_bytes()).collect()].concat())
    }

    #[test]
    fn a_number_is_written_with_its_decimals() {
        for (number, weight, sign, decimals, groups) in [
            ("0", 0, 0, 0, &[][..]),
            ("0.00", 0, 0, 2, &[]),
            ("1.50", 0, 0, 2, &[1, 5_000]),
            ("-12345.6789", 1, 0x4000, 4, &[1, 2_345, 6_789]),
            ("100000000", 2, 0, 0, &[1]),
            ("0.00001", -2, 0, 5, &[1_000]),
            ("NaN", 0, 0xc000, 0, &[]),
            ("-Infinity", 0, 0xf000, 0, &[]),
        ] {
            assert_eq!(written(weight, sign, decimals, groups).as_deref(), Some(number));
        }
        assert_eq!(text(&[0; 7]), None);
        assert_eq!(written(0, 1, 0, &[]), None);
    }
}
