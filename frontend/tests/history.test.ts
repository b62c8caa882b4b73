import { expect, test } from "vitest";
import { begin, record, redo, undo } from "../src/history";

test("undo goes back step by step, redo forward, and an edit ends the forward way", () => {
  let history = record(record(begin([1]), [1, 2]), [1, 2, 3]);
  history = undo(history);
  expect(history.present).toEqual([1, 2]);
  history = undo(history);
  expect(history.present).toEqual([1]);
  expect(undo(history)).toBe(history);
  history = redo(history);
  expect(history.present).toEqual([1, 2]);
  history = record(history, [9]);
  expect(redo(history)).toBe(history);
  expect(undo(history).present).toEqual([1, 2]);
});

test("a drag is one step", () => {
  let history = begin(0);
  for (const value of [1, 2, 3]) history = record(history, value, "drag");
  expect(undo(history).present).toBe(0);
  history = record(history, 4, "other");
  expect(undo(history).present).toBe(3);
});

test("the same value is no step", () => {
  const history = begin("a");
  expect(record(history, "a")).toBe(history);
});
