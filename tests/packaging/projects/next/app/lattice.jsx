"use client";

import { useEffect, useState } from "react";
import { Host } from "wisteria";

export function Lattice() {
  const [key, setKey] = useState();
  useEffect(() => {
    window.start = async (options) => {
      const host = await Host.start(options);
      setKey(host.id);
      return host;
    };
  }, []);
  return <p>{key ?? "not joined"}</p>;
}
