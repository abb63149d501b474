// What reads manifests, in WebAssembly, built from the Rust sources into `dist/manifests/`. Values go in and come out as JSON:
// `{"value": …}` or `{"error": {"code": …, "message": …}}`.

/** Instantiates the module, once for all calls; must be awaited before anything else. */
export default function init(given: { module_or_path: WebAssembly.Module }): Promise<unknown>;

/** The manifest as it is understood. */
export function readManifest(manifest: string): string;
/** The steps that are missing of a manifest, where `{hosts, links, actors}` runs. */
export function planManifest(manifest: string, running: string): string;
/** The key of the actor that a module is. */
export function actorOf(module: Uint8Array): string;
/** The key of the provider that stands for a capability, null where none runs. */
export function providerOf(manifest: string, running: string, component: string): string;
/** The manifest of what runs. */
export function manifestOf(name: string, running: string): string;
