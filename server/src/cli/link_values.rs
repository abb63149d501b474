//! The values that a provider's links take, as a table.

use wisteria_core::lattice::link_values::LinkValueSummary;

use super::table::table;

/// What a provider's links take, and of each value what it is for; a sentence where they take none.
pub(super) fn values_text(values: &[LinkValueSummary]) -> String {
    if values.is_empty() {
        return "Its links take no values.\n".to_owned();
    }
    let header = ["VALUE", "TYPE", "DEFAULT", "SECRET", "WHAT FOR", "EXAMPLE"];
    table(header, &values.iter().map(row).collect::<Vec<_>>())
}

fn row(value: &LinkValueSummary) -> [String; 6] {
    let default = match &value.default {
        _ if value.required => "(required)",
        default => default.as_deref().unwrap_or("-"),
    };
    let secret = if value.secret { "secret:NAME" } else { "no" };
    [&value.name, &value.kind, default, secret, &value.about, &value.example].map(str::to_owned)
}
