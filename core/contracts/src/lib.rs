//! Types and operation names of every capability contract.
