//! Links and claims where the page's origin keeps them, by functions of JavaScript.

use bytes::Bytes;
use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wisteria_browser_platform::text_of;
use wisteria_core::{
    metadata::{Change, Entry, MetadataStore, StoreError},
    platform::{BoxFuture, BoxStream},
};

/// A store that JavaScript reads and writes.
#[derive(Debug)]
pub(crate) struct PageStore {
    pub(crate) load: Function,
    pub(crate) write: Function,
}

impl MetadataStore for PageStore {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        Box::pin(async move {
            let loaded = settled(self.load.call0(&JsValue::NULL)).await?;
            let texts: Vec<String> = Array::from(&loaded).iter().filter_map(|text| text.as_string()).collect();
            let entry = |pair: &[String]| Entry { key: pair[0].clone(), value: Bytes::from(pair[1].clone()) };
            Ok(texts.chunks_exact(2).map(entry).collect())
        })
    }

    fn write(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let texts = Array::new();
            for change in changes {
                let (key, value) = match change {
                    Change::Put(Entry { key, value }) => (key, JsValue::from_str(&String::from_utf8_lossy(&value))),
                    Change::Delete(key) => (key, JsValue::UNDEFINED),
                };
                texts.push(&JsValue::from_str(&key));
                texts.push(&value);
            }
            settled(self.write.call1(&JsValue::NULL, &texts)).await.map(drop)
        })
    }

    /// One broker at a time has the store.
    fn watch(&self) -> BoxFuture<'_, Result<BoxStream<'static, Change>, StoreError>> {
        let nothing: BoxStream<'static, Change> = Box::pin(futures::stream::pending());
        Box::pin(async { Ok(nothing) })
    }
}

/// What the promise of a call brings.
async fn settled(called: Result<JsValue, JsValue>) -> Result<JsValue, StoreError> {
    let failed = |thrown: JsValue| StoreError(text_of(&thrown));
    let promise: Promise = called.map_err(failed)?.unchecked_into();
    JsFuture::from(promise).await.map_err(failed)
}
