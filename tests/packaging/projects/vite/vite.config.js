export default {
  // In development, Vite would move the package's scripts away from its files.
  optimizeDeps: { exclude: ["wisteria"] },
  worker: { format: "es" },
};
