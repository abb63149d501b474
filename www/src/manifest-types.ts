// Manifests as plain data: Open Application Model applications in the form that wadm reads.

/** What an application consists of. */
export interface Manifest {
  apiVersion: "core.oam.dev/v1beta1";
  kind: "Application";
  metadata: { name: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec: { components: ManifestComponent[] };
}

/** An actor or a provider, under a name of its own. */
export type ManifestComponent =
  | { name: string; type: "actor"; properties: { image: string }; traits?: ManifestTrait[] }
  | { name: string; type: "capability"; properties: { image: string; contract: string; link_name?: string }; traits?: ManifestTrait[] };

/** How many run and where, or a link of an actor. */
export type ManifestTrait =
  | { type: "spreadscaler" | "daemonscaler"; properties: { replicas?: number; spread?: ManifestShare[] } }
  | { type: "linkdef"; properties: { target: string; values?: Record<string, string> } };

/** Some hosts, and their part of what runs. */
export interface ManifestShare {
  name?: string;
  requirements?: Record<string, string>;
  weight?: number;
}

/** What is to be done so that the lattice runs an application. */
export type Step =
  | { step: "start-provider"; component: string; host: string; name: string; link_name: string; is_shared: boolean }
  | { step: "update-actor"; component: string; hosts: string[]; revision: number }
  | { step: "start-actor"; component: string; host: string; max_instances: number }
  | { step: "put-link"; actor: string; provider: string; contract: string; link_name: string; values: Record<string, string> };

/** A step that was taken, with the key of what was started or updated. */
export type TakenStep = Step & { key?: string };
