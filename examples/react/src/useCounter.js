import { useEffect, useState } from "react";
import { join } from "./counter.js";

/**
 * The counter of a host that lives as long as the component. React may take a component away before the host has joined, and does
 * so once in development: the host leaves as soon as it is there.
 */
export function useCounter(bridge, token) {
  const [state, setState] = useState({});
  useEffect(() => {
    let isMounted = true;
    const joining = join({ bridge, token });
    joining.then(
      (counter) => isMounted && setState({ counter }),
      (error) => isMounted && setState({ error }),
    );
    return () => {
      isMounted = false;
      joining.then(
        (counter) => counter.leave(),
        () => {},
      );
    };
  }, [bridge, token]);
  return state;
}
