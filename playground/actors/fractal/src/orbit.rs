//! The orbit of the middle, to all digits, as numbers of 53 bits.

use std::cell::RefCell;
use std::rc::Rc;

use crate::fixed::Fixed;

/// Where the dive goes: a point on the edge of the set (of Misiurewicz, preperiod 4 and period 1), so there is detail at
/// every depth, and a spiral.
const MIDDLE: [&str; 2] = [
    "-0.1010963638456221610257854457386225654638054428262534838769311776607808407404705842748212198105167790334045319085567411939715",
    "0.9562865108091415007710960577299774358098333365105291700343143215005246590657167325269784107873398072043444724926469284366752",
];

thread_local! {
    /// What was found before: an instance computes many tiles of one picture.
    static KNOWN: RefCell<(usize, Rc<Vec<(f64, f64)>>)> = RefCell::default();
}

/// 0, and the `steps` values behind it, or fewer where the digits of the middle do not suffice.
pub(crate) fn of_middle(steps: u32) -> Rc<Vec<(f64, f64)>> {
    let wanted = steps as usize + 1;
    KNOWN.with(|known| {
        let (steps, orbit) = &mut *known.borrow_mut();
        if *steps != wanted {
            (*steps, *orbit) = (wanted, Rc::new(follow(wanted)));
        }
        Rc::clone(orbit)
    })
}

fn follow(wanted: usize) -> Vec<(f64, f64)> {
    let [re, im] = MIDDLE.map(Fixed::parse);
    let (mut zr, mut zi) = (Fixed::ZERO, Fixed::ZERO);
    let mut orbit = Vec::with_capacity(wanted);
    for _ in 0..wanted {
        let (re_near, im_near) = (zr.near(), zi.near());
        orbit.push((re_near, im_near));
        // The middle itself stays for ever; its digits do not reach that far.
        if re_near * re_near + im_near * im_near > 4.0 {
            break;
        }
        let next = zr.times(&zr).minus(&zi.times(&zi)).plus(&re);
        zi = zr.times(&zi).doubled().plus(&im);
        zr = next;
    }
    orbit
}
