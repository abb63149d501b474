// The entry `wisteria/manifests`: applications by their manifests.

export { Applications, type ApplyOptions } from "./applications.js";
export type * from "./manifest-types.js";
