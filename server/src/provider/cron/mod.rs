//! `wisteria:cron`: calls actors at the times that their links say.

mod places;
mod provider;
mod schedule;
mod ticker;

pub use provider::Cron;
