//! Sorting for few bytes: the sorts of the standard library are made anew for each type, and each takes kilobytes of a tab
//! host. For what is sorted seldom.

/// Sorts in place, by way of a heap. What is equal may change places.
pub(crate) fn sort_by<T>(list: &mut [T], is_before: impl Fn(&T, &T) -> bool) {
    let length = list.len();
    // First each item is sunk into the heap behind it, the last ones first; then the greatest is taken away, again and again.
    for step in (0..length + length / 2).rev() {
        let (mut at, end) = match step.checked_sub(length) {
            Some(parent) => (parent, length),
            None => {
                list.swap(0, step);
                (0, step)
            }
        };
        loop {
            let mut child = 2 * at + 1;
            if child >= end {
                break;
            }
            if child + 1 < end && is_before(&list[child], &list[child + 1]) {
                child += 1;
            }
            if !is_before(&list[at], &list[child]) {
                break;
            }
            list.swap(at, child);
            at = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::sort_by;

    proptest! {
        #[test]
        fn a_list_is_sorted(list in prop::collection::vec(0_u8..50, 0..100)) {
            let (mut sorted, mut expected) = (list.clone(), list);
            sort_by(&mut sorted, |a, b| a < b);
            expected.sort_unstable();
            prop_assert_eq!(sorted, expected);
        }
    }
}
