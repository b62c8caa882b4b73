import { expect, test } from "vitest";
import { fill } from "../src/text";
import { en } from "../src/text/en";
import { kk } from "../src/text/kk";
import { ky } from "../src/text/ky";
import { ru } from "../src/text/ru";

const holes = (words: string): string[] => [...words.matchAll(/\{(\w+)\}/g)].map((one) => one[1] as string).sort();

test.each([["ru", ru], ["ky", ky], ["kk", kk]] as const)("%s says everything that English says, with the same values", (_name, messages) => {
  expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
  for (const [key, words] of Object.entries(messages)) {
    expect(words.trim(), key).not.toBe("");
    expect(holes(words), key).toEqual(holes(en[key as keyof typeof en]));
  }
});

test("ru, ky and kk are not left in English", () => {
  for (const messages of [ru, ky, kk]) {
    const latin = Object.entries(messages).filter(([, words]) => !/[а-яёңөүқғұәһі]/i.test(words.replace(/GTFS|PNG/g, "")));
    // What is left is signs only.
    expect(latin.map(([key]) => key)).toEqual(["class_between", "from_to"]);
  }
});

test("values stand where the braces are, and unknown ones stay", () => {
  expect(fill("{count} of {all}", { count: 3 })).toBe("3 of {all}");
});
