import { expect, test } from "vitest";
import { parseChallenge } from "../../../lib/registry/challenge.ts";

test("a bearer challenge with commas inside its quotes", () => {
  const header = 'Bearer realm="https://auth.io/token",service="reg.io",scope="repository:a/b:pull,push"';
  expect(parseChallenge(header)).toEqual({
    scheme: "bearer",
    realm: "https://auth.io/token",
    service: "reg.io",
    scope: "repository:a/b:pull,push",
  });
});

test("of several challenges the bearer one is taken, wherever it stands", () => {
  const bearer = { scheme: "bearer", realm: "https://a/t", service: null, scope: null };
  expect(parseChallenge('Basic realm="x", Bearer realm="https://a/t"')).toEqual(bearer);
  expect(parseChallenge('bearer Realm="https://a/t" , basic realm=x')).toEqual(bearer);
  expect(parseChallenge("Negotiate, Basic realm=lab")).toEqual({ scheme: "basic" });
});

test("escaped quotes are taken as they are meant", () => {
  expect(parseChallenge('Bearer realm="https://a/\\"t"')).toMatchObject({ realm: 'https://a/"t' });
});

test.each([null, "", "Negotiate", "Bearer", 'Bearer service="x"', "???"])("%j is no challenge", header => {
  expect(parseChallenge(header)).toBeNull();
});

test("a header of many kilobytes is not searched", () => {
  expect(parseChallenge(`Bearer realm="https://a/t",x=${"a".repeat(20_000)}`)).toBeNull();
});
