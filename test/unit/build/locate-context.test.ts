import { expect, test } from "vitest";
import { defaultSpec } from "../../../lib/build/build-spec.ts";
import { locateContext } from "../../../lib/build/executor-request.ts";

const located = (context: string) => locateContext({ ...defaultSpec, context }, "/");

test.each(["http://host/context.tar.gz", "oci://host/name", "ftp://host/x"])(
  "%s is refused before a build",
  context => {
    const scheme = context.split(":")[0];
    expect(() => located(context)).toThrow(`Kaniko fetches no ${scheme}:// context`);
  },
);

test.each(["git://host/repo.git", "s3://bucket/x.tar.gz", "gs://bucket/x.tar.gz", "https://host/x.tar.gz"])(
  "%s is Kaniko's to fetch",
  context => {
    expect(located(context)).toEqual({ folder: null, dockerfile: null });
  },
);
