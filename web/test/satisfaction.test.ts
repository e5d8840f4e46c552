import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SatisfactionStatistics } from "../src/callback-contract";
import { countOf, narrowed } from "../src/console/satisfaction";
import type { OrderView, RatingView } from "../src/contract";
import { ratingsView } from "../src/page/ratings";
import { type SatisfactionAnswer, satisfactionForm } from "../src/page/satisfaction";

const FILTER = { from: "2026-03-05", to: "", department: "", district: "", type: "投诉", channel: "" };
const find = <T extends HTMLElement>(testid: string): T =>
  document.querySelector<T>(`[data-testid="${testid}"]`) as T;
const pick = (testid: string): void => {
  find<HTMLInputElement>(testid).checked = true;
  find(testid).dispatchEvent(new Event("change", { bubbles: true }));
};
const submit = (testid: string): boolean => find(testid).dispatchEvent(new Event("submit", { cancelable: true }));

beforeEach(() => document.body.replaceChildren());
afterEach(() => vi.restoreAllMocks());

describe("figures and their rows", () => {
  it("narrows the filter to the group and never widens the period", () => {
    expect(narrowed(FILTER, "department", { key: "cgj" })).toEqual({ ...FILTER, department: "cgj" });
    expect(narrowed(FILTER, "district", { key: "-" })).toEqual({ ...FILTER, district: "-" });
    expect(narrowed(FILTER, "day", { key: "2026-03-09" })).toMatchObject({ from: "2026-03-09", to: "2026-03-09" });
    expect(narrowed(FILTER, "month", { key: "2026-03" })).toMatchObject({ from: "2026-03-05", to: "2026-03-31" });
    const until = { ...FILTER, to: "2028-02-20" };
    expect(narrowed(until, "month", { key: "2028-02" })).toMatchObject({ from: "2028-02-01", to: "2028-02-20" });
    expect(narrowed(FILTER, "month", { key: "2028-02" }).to).toBe("2028-02-29");
  });

  it("counts each part, and the excluded by reason", () => {
    const told = {
      response_rate: { numerator: 3, denominator: 4, share: 0.75 },
      unreached: 1,
      refused: 2,
      excluded: { duplicate: 5, history: 7 },
    } as unknown as SatisfactionStatistics;
    expect(countOf(told, "response", "numerator")).toBe(3);
    expect(countOf(told, "response", "refused")).toBe(2);
    expect(countOf(told, "response", "excluded")).toBe(12);
    expect(countOf(told, "response", "excluded", "duplicate")).toBe(5);
    expect(countOf(told, "response", "excluded", "none")).toBe(0);
  });
});

describe("the citizen's form", () => {
  it("asks for reasons of a bad rating only, and sends them only then", async () => {
    const sent: SatisfactionAnswer[] = [];
    document.body.append(
      satisfactionForm("2026-03-16T10:00:00+08:00", async (answer) => {
        sent.push(answer);
      }),
    );
    expect(find("satisfaction-reasons").hidden).toBe(true);
    pick("contacted-no");
    pick("resolved-no");
    pick("satisfaction-2");
    expect(find("satisfaction-reasons").hidden).toBe(false);
    pick("reason-推诿");
    submit("satisfaction-form");
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toEqual({ contacted: false, resolved: false, rating: 2, reason_tags: ["推诿"], comment: "" });
    pick("satisfaction-5");
    expect(find("satisfaction-reasons").hidden).toBe(true);
    submit("satisfaction-form");
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[1]?.reason_tags).toEqual([]);
  });
});

describe("ratings and 追评", () => {
  const rating = (round: number, more: Partial<RatingView> = {}): RatingView => ({
    round,
    contacted: true,
    resolved: round > 0,
    rating: round > 0 ? 4 : 1,
    rating_name: round > 0 ? "满意" : "非常不满意",
    reason_tags: round > 0 ? [] : ["未解决"],
    comment: "",
    answered_at: "2026-03-10T10:00:00+08:00",
    follow_up: "",
    followed_up_at: null,
    ...more,
  });

  it("shows both ratings and takes one more comment", async () => {
    const sent: string[] = [];
    const order = { ratings: [rating(0), rating(1)], may_follow_up: true } as OrderView;
    document.body.append(
      ratingsView(order, async (text) => {
        sent.push(text);
        throw new Error("网络不通");
      }) as HTMLElement,
    );
    expect(find("rating-0").textContent).toContain("非常不满意、未解决");
    expect(find("rating-1").textContent).toContain("第1次重办后：联系过、已解决、满意");
    submit("follow-up-form");
    expect(find("follow-up-error").textContent).toBe("请填写追评内容。");
    find<HTMLTextAreaElement>("follow-up-text").value = " 又坏了 ";
    submit("follow-up-form");
    await vi.waitFor(() => expect(sent).toEqual(["又坏了"]));
    expect(find<HTMLTextAreaElement>("follow-up-text").value, "kept when it could not be sent").toBe(" 又坏了 ");
  });

  it("shows the 追评 and offers no second one", () => {
    const told = rating(0, { follow_up: "又坏了", followed_up_at: "2026-03-11T10:00:00+08:00" });
    const none = async (): Promise<void> => {};
    document.body.append(ratingsView({ ratings: [told], may_follow_up: false } as OrderView, none) as HTMLElement);
    expect(find("rating-follow-up").textContent).toContain("又坏了");
    expect(find("follow-up-form")).toBeNull();
    expect(ratingsView({ ratings: [] } as unknown as OrderView, none)).toBeNull();
  });
});
