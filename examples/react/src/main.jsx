import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Counter } from "./Counter.jsx";

const query = new URLSearchParams(location.search);

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Counter bridge={query.get("bridge") ?? undefined} token={query.get("token") ?? undefined} />
  </StrictMode>,
);
