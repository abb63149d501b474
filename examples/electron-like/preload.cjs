// Hands the page which lattice to join, and nothing else.

const { contextBridge } = require("electron");

contextBridge.exposeInMainWorld("settings", {
  bridge: process.env.WISTERIA_BRIDGE ?? "ws://127.0.0.1:7700/lattice",
  token: process.env.WISTERIA_TOKEN,
});
