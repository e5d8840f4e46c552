import { describe, expect, it } from "vitest";
import {
  addressOf,
  basisOf,
  blankEntry,
  bulkSteps,
  changedFields,
  filterOf,
  historyText,
  inputOf,
  linesOf,
  mayCreate,
  missingIn,
  NO_FILTER,
} from "../src/console/entries";
import { entryOf, questionsOf, settledBy } from "../src/console/gaps";
import { diffLines } from "../src/console/lines";
import { markedText } from "../src/console/passage";
import type { Gap, GapWording } from "../src/knowledge-contract";

const wording = (text: string, questions: number[], personal = false): GapWording => ({
  text,
  count: questions.length,
  questions,
  personal,
});

const GAP: Gap = {
  text: "租房怎么提公积金",
  count: 6,
  questions: [1, 2, 3, 4, 5, 6],
  wordings: [
    wording("租房怎么提公积金", [1, 2]),
    wording("租房能取公积金吗", [3, 4]),
    wording("我电话138****0000，怎么提", [5], true),
    wording("长".repeat(201), [6]),
  ],
  outcomes: {},
  first_at: "",
  last_at: "",
  nearest: null,
  proposed_for: "",
};

describe("a difference by lines", () => {
  it("keeps the common lines and shows what was taken out before what came in", () => {
    expect(diffLines("一\n二\n三", "一\n两\n三\n四")).toEqual([
      { kind: "same", text: "一" },
      { kind: "removed", text: "二" },
      { kind: "added", text: "两" },
      { kind: "same", text: "三" },
      { kind: "added", text: "四" },
    ]);
  });

  it("knows nothing on one side, and texts too long to compare", () => {
    expect(diffLines("", "新")).toEqual([{ kind: "added", text: "新" }]);
    expect(diffLines("旧", "")).toEqual([{ kind: "removed", text: "旧" }]);
    const long = "行\n".repeat(1100);
    expect(diffLines(long, long)[0]?.kind).toBe("removed");
  });
});

describe("a marked passage", () => {
  it("is counted in characters, not in UTF-16 units", () => {
    expect(markedText("𠮷林大路8号。可以办。", { start: 7, end: 11 })).toEqual({
      before: "𠮷林大路8号。",
      marked: "可以办。",
      after: "",
    });
  });

  it("brings its surroundings of a long text only", () => {
    const text = `${"前".repeat(50)}重点${"后".repeat(50)}`;
    const shown = markedText(text, { start: 50, end: 52 }, 3);
    expect(shown).toEqual({ before: "…前前前", marked: "重点", after: "后后后…" });
    expect(markedText(text, null, 10).before).toHaveLength(21);
  });

  it("is left out where the offsets do not fit the text", () => {
    expect(markedText("短", { start: 0, end: 9 })).toEqual({ before: "短", marked: "", after: "" });
  });
});

describe("an entry", () => {
  it("is asked for what is missing before it is sent", () => {
    const entry = { ...blankEntry(), title: "怎么提取？", answer: "凭身份证办理。" };
    expect(missingIn(entry)).toBe("");
    expect(missingIn({ ...entry, title: " " })).toContain("标准问");
    expect(missingIn({ ...entry, kind: "regulation", title: "" })).toContain("法规名称");
    expect(missingIn({ ...entry, answer: "" })).toContain("答案");
    expect(missingIn({ ...entry, similar_questions: ["问".repeat(201)] })).toContain("200字");
    expect(missingIn({ ...entry, sources: [{ title: "", locator: "第一条", document_number: "" }] })).toContain("来源");
    expect(missingIn({ ...entry, effective_from: "2026-02-01", effective_to: "2026-01-01" })).toContain("失效日期");
  });

  it("as a form holds it shares nothing with the entry and sends no other fields", () => {
    const entry = { ...blankEntry(), similar_questions: ["问"], version: "v", may_edit: true };
    const input = inputOf(entry);
    input.similar_questions.push("再问");
    expect(entry.similar_questions).toEqual(["问"]);
    expect(input).not.toHaveProperty("version");
    expect(changedFields(inputOf(entry), { ...inputOf(entry), answer: "新", library: "人社" })).toEqual(["答案", "子库"]);
  });

  it("reads similar questions one a line, each once", () => {
    expect(linesOf(" 甲\r\n\n乙 \n甲")).toEqual(["甲", "乙"]);
  });

  it("names its basis as citizens see it", () => {
    const source = { title: "住房公积金管理条例", locator: "第二十四条", document_number: "国务院令第350号" };
    expect(basisOf({ kind: "faq", title: "问", locator: "", sources: [source] })).toEqual([
      "《住房公积金管理条例》（国务院令第350号）第二十四条",
    ]);
    expect(basisOf({ kind: "regulation", title: "民法典", locator: "第一条", sources: [] })).toEqual([
      "《民法典》第一条",
    ]);
    expect(basisOf({ kind: "faq", title: "问", locator: "", sources: [] })).toEqual([]);
  });

  it("shows values of its history in words", () => {
    expect(historyText("review_state", "published")).toBe("已发布");
    expect(historyText("similar_questions", ["甲", "乙"])).toBe("甲\n乙");
    expect(historyText("sources", [{ title: "办法", locator: "", document_number: "" }])).toBe("《办法》");
    expect(historyText("local_figures", false)).toBe("否");
    expect(historyText("effective_to", null)).toBe("");
  });

  it("can be begun and reviewed by those who may", () => {
    expect(["agent", "supervisor", "administrator"].every((one) => mayCreate(one as never))).toBe(true);
    expect(mayCreate("department") || mayCreate("dispatcher") || mayCreate(null)).toBe(false);
    expect(bulkSteps("agent")).toEqual([]);
    expect(bulkSteps("supervisor").map((step) => step.to)).not.toContain("published");
    expect(bulkSteps("administrator").map((step) => step.to)).toContain("published");
  });
});

describe("the list's address", () => {
  it("keeps the filter, the unsorted part among it, and drops what is none", () => {
    const filter = { ...NO_FILTER, text: "租房", library: "", generated: false, state: "draft" as const };
    const address = addressOf(filter, 3);
    expect(filterOf(address)).toEqual({ filter, page: 3 });
    expect(addressOf(NO_FILTER, 1)).toEqual({});
    expect(filterOf({ state: "no", kind: ["faq"], page: "-2", generated: "x" })).toEqual({ filter: NO_FILTER, page: 1 });
  });
});

describe("a gap", () => {
  it("becomes an entry of its central wording and the others that may be kept", () => {
    const entry = entryOf(GAP, GAP.wordings);
    expect(entry.title).toBe("租房怎么提公积金");
    expect(entry.similar_questions).toEqual(["租房能取公积金吗"]);
    expect(entryOf(GAP, GAP.wordings.slice(1)).title).toBe("租房能取公积金吗");
    expect(entryOf(GAP, [GAP.wordings[2] as GapWording]).title).toBe("");
  });

  it("leaves open the wordings that were taken out of the form, but settles those with a rewritten title", () => {
    const begun = entryOf(GAP, GAP.wordings);
    const all = questionsOf(GAP.wordings);
    expect(settledBy(begun, { ...begun, title: "如何提取公积金支付房租？" }, GAP.wordings)).toEqual(all);
    expect(settledBy(begun, { ...begun, similar_questions: [] }, GAP.wordings)).toEqual([1, 2, 5, 6]);
    const swapped = { ...begun, title: "租房能取公积金吗", similar_questions: [] };
    expect(settledBy(begun, swapped, GAP.wordings)).toEqual(all);
  });
});
