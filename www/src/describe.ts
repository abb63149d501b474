// What a host is told of a provider before anybody asks it anything.

import type { TabHost } from "./host/host.js";
import type { Answering, Description, ProvideOptions } from "./provide.js";

/** What a host is to know of a provider. */
export function describe(contract: string, options: ProvideOptions): Description {
  const values = Object.entries(options.values ?? {}).map(([name, value]) => {
    const { kind = "text", required = false, about = "", example = value.default ?? "…" } = value;
    return { name, kind, required, about, example, ...(value.default === undefined ? {} : { default: value.default }) };
  });
  const name = options.name ?? `page-${contract.split(":").at(-1)}`;
  return { name, contract, title: options.title ?? name, values };
}

/** Has a host run a provider; resolves with its key. */
export function provideOn(host: TabHost, description: Description, answering: Answering): Promise<string> {
  const { name, contract, title, values } = description;
  const texts = values.flatMap(({ name, kind, required, default: other, about, example }) => {
    const rule = required ? "required" : other === undefined ? "optional" : "default";
    return [name, kind, rule, other ?? "", about, example];
  });
  return host.provide(name, contract, title, texts, answering);
}
