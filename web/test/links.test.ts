import { describe, expect, it } from "vitest";
import { linkGroups, mergeable, proposedMain } from "../src/console/links";
import type { LinkRelation, OrderDetail, OrderLink } from "../src/contract";

let next = 1;

function link(relation: LinkRelation, similarity: number | null = null): OrderLink {
  const id = next++;
  return {
    relation,
    name: "",
    id,
    number: `2026030900000${id}`,
    state_name: "待派单",
    created_at: "2026-03-09T10:00:00+08:00",
    department_name: "",
    district: "",
    excerpt: "停水",
    similarity,
    reason: "",
    held: false,
  };
}

const order = (actions: string[], links: OrderLink[]): OrderDetail =>
  ({ links, actions: actions.map((action) => ({ action, name: action, needs_reason: false, needs: [] })) }) as never;

describe("links of an order", () => {
  it("stand in groups, what is to be decided before what is done", () => {
    const rows = (["part", "merged", "proposed", "duplicate", "repeat_of", "main"] as const).map((name) => link(name));
    const groups = linkGroups(rows);
    expect(groups.map((group) => group.links.map((row) => row.relation))).toEqual([
      ["main"],
      ["proposed"],
      ["merged", "duplicate"],
      ["repeat_of"],
      ["part"],
    ]);
    expect(linkGroups([])).toEqual([]);
  });

  it("can be merged into while they are proposed and the person may merge", () => {
    const [proposed, repeat] = [link("proposed", 0.7), link("repeat_of")];
    expect(mergeable(order(["dispatch", "merge"], [proposed]), proposed)).toBe(true);
    expect(mergeable(order(["sign"], [proposed]), proposed)).toBe(false);
    expect(mergeable(order(["merge"], [repeat]), repeat)).toBe(false);
  });

  it("offer the most alike one first", () => {
    const [low, high] = [link("proposed", 0.64), link("proposed", 0.81)];
    expect(proposedMain([link("repeat_of"), low, high])).toBe(high.number);
    expect(proposedMain([link("main")])).toBe("");
  });
});
