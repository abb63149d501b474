// What a page has hosts of the lattice do and tell. No host needs it to start: it is loaded once one has.

import { ActorCommands } from "./actor-commands.js";
import type { Bus } from "./bus.js";
import { Control } from "./control.js";
import { FaultCommands } from "./fault-commands.js";
import { LatticeCommands } from "./lattice-commands.js";
import { LinkCommands } from "./link-commands.js";
import { ProviderCommands } from "./provider-commands.js";
import type { RemoteHost } from "./remote.js";

/** Gets the commands of a host, which may have to be loaded. */
export type Commanding = () => Promise<Commands>;

/** The commands of one host, `own`. */
export class Commands {
  readonly actors: ActorCommands;
  readonly faults: FaultCommands;
  readonly lattice: LatticeCommands;
  readonly links: LinkCommands;
  readonly providers: ProviderCommands;

  constructor(remote: RemoteHost, bus: Bus, lattice: string, own: string) {
    const control = new Control(bus, lattice);
    this.lattice = new LatticeCommands(control, own);
    this.actors = new ActorCommands(remote, bus, control, this.lattice, own);
    this.faults = new FaultCommands(control, own);
    this.links = new LinkCommands(bus, control, this.lattice);
    this.providers = new ProviderCommands(control, own);
  }
}
