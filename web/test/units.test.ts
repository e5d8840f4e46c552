import { describe, expect, it } from "vitest";
import { unitsBelow } from "../src/console/departments";
import type { DepartmentRow } from "../src/contract";

function row(code: string, parent = ""): DepartmentRow {
  return { code, name: code, duties: [], active: true, parent, jurisdiction: "" };
}

function order(...rows: DepartmentRow[]): string[] {
  return unitsBelow(rows).map((one) => one.code);
}

describe("districts' units in a list of departments", () => {
  it("stand below their department, in the list's order", () => {
    expect(order(row("a-1", "a"), row("gjj"), row("a"), row("z-9", "z"), row("a-2", "a"), row("z"))).toEqual([
      "gjj",
      "a",
      "a-1",
      "a-2",
      "z",
      "z-9",
    ]);
  });

  it("are not lost when the department is not in the list", () => {
    expect(order(row("a-1", "a"), row("b"))).toEqual(["a-1", "b"]);
  });

  it("leave a list without units as it is", () => {
    expect(order(row("b"), row("a"))).toEqual(["b", "a"]);
  });
});
