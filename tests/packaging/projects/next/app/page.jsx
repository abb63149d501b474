import { Lattice } from "./lattice";

export default function Page() {
  return <Lattice />;
}
