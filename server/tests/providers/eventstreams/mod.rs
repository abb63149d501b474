//! `wisteria:eventstreams`.

/// Runs each of these cases on every product.
macro_rules! on_each_product {
    ($($case:ident),* $(,)?) => {
        mod redb {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::Product::files()).await;
            })*
        }
        mod redis {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::Product::redis()).await;
            })*
        }
        mod jetstream {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::Product::jetstream()).await;
            })*
        }
    };
}

mod jetstream;
mod loss;
mod product;
mod recorder;
mod retention;
mod shared;
mod subscriptions;

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use self::product::{Linked, Product};
use crate::conformance::{Backend, run_all};

/// A product, with keys or a file of its own for each case.
struct Cases {
    product: Product,
    linked: Linked,
    cases: AtomicU64,
}

impl Cases {
    async fn of(product: Product) -> Self {
        let linked = product.linked(&[], true).await;
        Self { product, linked, cases: AtomicU64::new(0) }
    }
}

impl Backend for Cases {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        self.linked.call(operation, argument.clone()).await
    }

    async fn clear(&self) {
        let name = format!("case-{}", self.cases.fetch_add(1, Ordering::Relaxed));
        let apart = self.product.apart();
        self.linked.link(&self.product, &[(apart, &name)], true).await.expect("linked");
    }

    async fn pass_time(&self) {
        unreachable!("no case waits");
    }
}

#[tokio::test]
async fn the_provider_on_redb_does_as_all_others() {
    run_all("eventstreams", &Cases::of(Product::files()).await).await;
}

#[tokio::test]
async fn the_provider_on_redis_does_as_all_others() {
    run_all("eventstreams", &Cases::of(Product::redis()).await).await;
}

#[tokio::test]
async fn the_provider_on_jetstream_does_as_all_others() {
    run_all("eventstreams", &Cases::of(Product::jetstream()).await).await;
}
