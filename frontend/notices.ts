/** The licences of the packages that a reader's browser gets: those that package.json names, and what they need. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Package {
  name: string;
  version: string;
  license?: string;
  dependencies?: Record<string, string>;
}

function read(root: string, name: string): Package | null {
  const file = join(root, "node_modules", name, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Package) : null;
}

export function bundled(root: string): Package[] {
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Package;
  const found = new Map<string, Package>();
  const queue = Object.keys(own.dependencies ?? {});
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (found.has(name) || name.startsWith("@types/")) continue;
    const one = read(root, name);
    if (!one) continue;
    found.set(name, one);
    queue.push(...Object.keys(one.dependencies ?? {}));
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function notices(root: string): string {
  const parts = ["Open software in the workbench, with its licences.\n"];
  for (const one of bundled(root)) {
    const folder = join(root, "node_modules", one.name);
    const file = readdirSync(folder).sort().find((name) => /^licen[cs]e/i.test(name));
    const words = file ? readFileSync(join(folder, file), "utf8").replace(/\r\n/g, "\n").trim() : `Licence: ${one.license}`;
    parts.push(`${"=".repeat(78)}\n${one.name} ${one.version} (${one.license ?? "see below"})\n\n${words}\n`);
  }
  return parts.join("\n");
}
