//! The tab host: WebAssembly of the page, tab providers and the JavaScript surface.
