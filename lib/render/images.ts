/** Names of Kaniko's images that others can pull. */

import { fillText, isHole, type Text } from "./text.ts";

export const forkImage = "ghcr.io/osscontainertools/kaniko";
export const upstreamImage = "gcr.io/kaniko-project/executor";

/** The image with a shell beside one without: `:latest` → `:debug`, `:v1.28.3` → `:v1.28.3-debug`; null when unknown. */
export function withShell(image: Text): Text | null {
  if (image.some(piece => isHole(piece) && piece.value === null)) return null;
  const name = fillText(
    image,
    text => text,
    ({ value }) => value ?? "",
  );
  const [, repository, tag = "latest"] = /^([^@]*?)(?::([^/:@]+))?$/.exec(name) ?? [];
  if (repository !== forkImage && repository !== upstreamImage) return null;
  if (/(?:^|-)(?:debug|alpine)$/.test(tag)) return image;
  const version = tag.replace(/-slim$/, "");
  return [
    {
      name: "executor",
      value: `${repository}:${version === "latest" || version === "slim" ? "debug" : `${version}-debug`}`,
    },
  ];
}
