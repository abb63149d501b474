import webpack from "webpack";

const compiler = webpack({ mode: "production", context: process.cwd(), entry: "./main.js", performance: { hints: false } });
compiler.run((error, stats) => {
  if (error) throw error;
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
});
