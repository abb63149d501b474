import { useState } from "react";
import { useCounter } from "./useCounter.js";

export function Counter({ bridge, token }) {
  const { counter, error } = useCounter(bridge, token);
  const [visits, setVisits] = useState(0);
  const state = error ? `${error.code}: ${error.message}` : counter ? `${counter.actor} runs in this tab` : "joining …";
  return (
    <>
      <p id="state">{state}</p>
      <button disabled={!counter} onClick={async () => setVisits(await counter.visit())}>
        Visit
      </button>
      <p>
        Visits: <output>{visits}</output>
      </p>
    </>
  );
}
