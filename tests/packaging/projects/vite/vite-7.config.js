// What Vite 7 has to be told; Vite 8 needs nothing.
export default {
  // In development, Vite would move the package's scripts away from its files.
  optimizeDeps: { exclude: ["wisteria"] },
  worker: { format: "es" },
};
