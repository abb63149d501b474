//! The actor runtime of Wisteria: identity, engines' contract, host, links, lattice logic and metering.
