using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [
    (name = "main.js", esModule = embed "dist/main.js"),
    (name = "wisteria/host-wasmi.wasm", wasm = embed "../../node_modules/wisteria/dist/host-wasmi/host_bg.wasm"),
  ],
  compatibilityDate = "2026-07-01",
);
