// Electron's own process: opens the window.

const { app, BrowserWindow } = require("electron");
const { join } = require("node:path");

app.whenReady().then(() => {
  const window = new BrowserWindow({
    webPreferences: { preload: join(__dirname, "preload.cjs"), nodeIntegration: false, contextIsolation: true, sandbox: true },
  });
  return window.loadFile(join(__dirname, "index.html"));
});
app.on("window-all-closed", () => app.quit());
