//! What actors compute. Each kernel does its work so many times over, and returns a number that depends on all of it.

use std::hint::black_box;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Rows and columns.
const SIZE: usize = 64;

/// Multiplies two matrices of 64 × 64 numbers.
#[unsafe(no_mangle)]
pub extern "C" fn matrix(times: u32) -> u32 {
    let mut left = [[0.0_f64; SIZE]; SIZE];
    let mut right = [[0.0_f64; SIZE]; SIZE];
    for row in 0..SIZE {
        for column in 0..SIZE {
            left[row][column] = (row * column % 7) as f64;
            right[row][column] = (row + column) as f64 / 3.0;
        }
    }
    let mut sum = 0.0;
    for _ in 0..times {
        let product = multiplied(black_box(&left), black_box(&right));
        sum += product[SIZE / 2][SIZE / 3];
    }
    sum as u32
}

fn multiplied(left: &[[f64; SIZE]; SIZE], right: &[[f64; SIZE]; SIZE]) -> [[f64; SIZE]; SIZE] {
    let mut product = [[0.0; SIZE]; SIZE];
    for (row, line) in product.iter_mut().enumerate() {
        for (column, place) in line.iter_mut().enumerate() {
            *place = (0..SIZE).map(|index| left[row][index] * right[index][column]).sum();
        }
    }
    product
}

/// Hashes 16 KiB.
#[unsafe(no_mangle)]
pub extern "C" fn sha256(times: u32) -> u32 {
    let bytes: Vec<u8> = (0..16_384_u32).map(|number| number as u8).collect();
    (0..times).fold(0, |sum, _| sum + u32::from(Sha256::digest(black_box(&bytes))[0]))
}

/// Reads and writes a document of 100 entries.
#[unsafe(no_mangle)]
pub extern "C" fn json(times: u32) -> u32 {
    let entry = |number: u32| {
        format!(
            r#"{{"id":{number},"name":"entry \"{number}\"","price":{number}.25,"tags":["a","b\n"],"next":null,"on":true}}"#
        )
    };
    let document = format!("[{}]", (0..100).map(entry).collect::<Vec<_>>().join(","));
    let mut length = 0;
    for _ in 0..times {
        let value: Value = serde_json::from_str(black_box(&document)).expect("JSON");
        length += value.to_string().len();
    }
    length as u32
}

/// The twentieth Fibonacci number, by recursion alone.
#[unsafe(no_mangle)]
pub extern "C" fn recursion(times: u32) -> u32 {
    (0..times).fold(0, |sum, _| sum + fibonacci(black_box(20)))
}

fn fibonacci(number: u32) -> u32 {
    match number {
        0 | 1 => number,
        _ => fibonacci(number - 1) + fibonacci(number - 2),
    }
}
