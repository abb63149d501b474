//! The lattice of tabs that are on their own: the broker that servers have, and a keeper of links and claims beside it.
//!
//! A module of its own, as only one tab of an origin runs it, and only where there is no server. It runs no actors and is
//! no host, so it is small. Builds for wasm32 only.

mod store;

use std::sync::Arc;

use js_sys::Function;
use store::PageStore;
use wasm_bindgen::prelude::*;
use web_sys::WebSocket;
use wisteria_bridge::{Broker, transports::browser::accept};
use wisteria_browser_platform::{BrowserPlatform, to_js};
use wisteria_core::{
    bus::{LocalBus, Router},
    metadata::keep_beside_broker,
    platform::Platform,
};

/// The broker of a lattice, with its keeper.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TabBroker {
    broker: Broker,
}

#[wasm_bindgen]
impl TabBroker {
    /// Reads what is kept of a lattice, and is ready to serve it. `load()` promises keys and values in turn; `write(changes)`
    /// takes keys and values in turn, undefined for what is deleted, and promises that they are kept.
    pub async fn start(lattice: String, load: Function, write: Function) -> Result<TabBroker, JsValue> {
        console_error_panic_hook::set_once();
        let platform: Arc<dyn Platform> = Arc::new(BrowserPlatform);
        let router = Arc::new(Router::default());
        let bus = Arc::new(LocalBus::new(router.clone(), platform.clone()));
        let store = Arc::new(PageStore { load, write });
        keep_beside_broker(&lattice, platform.clone(), bus, store).await.map_err(|error| to_js(&error))?;
        Ok(Self { broker: Broker::new(router, platform) })
    }

    /// Serves a socket, which is open, until it closes.
    pub fn serve(&self, socket: WebSocket) {
        let broker = self.broker.clone();
        let pipe = accept(socket);
        BrowserPlatform.spawn(Box::pin(async move {
            // Why it ended is traced where it ends; the socket closes as the pipe is dropped.
            drop(broker.serve(pipe.incoming, pipe.outgoing).await);
        }));
    }
}
