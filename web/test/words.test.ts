import { describe, expect, it } from "vitest";
import { measuredOn, measuresOf } from "../src/console/measures";
import { MENU, menuOf } from "../src/console/menu";
import { confidenceLevel, fraction, percent } from "../src/console/shares";
import { chatTime, longTime, remaining } from "../src/time";

describe("times", () => {
  it("are the hotline's, wherever the browser is", () => {
    expect(longTime("2026-11-21T17:30:00Z")).toBe("2026年11月22日 01:30");
    expect(longTime(null)).toBe("");
    expect(longTime("soon")).toBe("");
  });

  it("leave out today's date in the conversation", () => {
    const now = new Date("2026-11-21T15:00:00+08:00");
    expect(chatTime("2026-11-21T09:05:00+08:00", now)).toBe("09:05");
    expect(chatTime("2026-11-20T09:05:00+08:00", now)).toBe("11月20日 09:05");
  });

  it("say how long is left, or how late it is", () => {
    const now = new Date("2026-11-21T12:00:00+08:00");
    expect(remaining("2026-11-24T13:00:00+08:00", now)).toBe("剩余3天");
    expect(remaining("2026-11-21T17:00:00+08:00", now)).toBe("剩余5小时");
    expect(remaining("2026-11-19T11:00:00+08:00", now)).toBe("超期2天");
  });
});

describe("figures", () => {
  it("never turn an empty denominator into a share", () => {
    const empty = { numerator: 0, denominator: 0, share: null };
    expect(percent(empty.share)).toBe("—");
    expect(fraction(empty)).toBe("0 / 0");
    expect(percent(0)).toBe("0.0%");
  });

  it("show a model's measures on the newest orders, shares beside their counts", () => {
    const table = (top1: number): Record<string, unknown> => ({
      rows: 209,
      top1,
      calibration_error: 0.0583,
      auto: { coverage: 0.1005, precision: 0.9048, rows: 21 },
      coverage_at: { "0.90": 0.3589 },
    });
    const measures = { cross_fitted: table(0.5), held_out: table(0.6746), category_top1_cross_fitted: 0.49 };
    expect(measuredOn(measures)).toBe("留出的较新工单");
    expect(measuresOf(measures).map(({ name, value }) => `${name} ${value}`)).toEqual([
      "评测工单 209 条",
      "准确率 67.5%",
      "校准误差 0.058",
      "自动派单占比 10.1%",
      "自动派单准确率 90.5%（21 条）",
    ]);
    expect(measuresOf({ accuracy: 0.871 }).map(({ value }) => value)).toEqual(["87.1%"]);
    expect(measuresOf({})).toEqual([]);
  });

  it("colour confidence in three levels", () => {
    expect([0.8, 0.5, 0.49].map(confidenceLevel)).toEqual(["high", "middle", "low"]);
  });
});

describe("the menu", () => {
  it("shows each role its pages", () => {
    expect(menuOf(null)).toEqual([]);
    expect(menuOf("department").map((entry) => entry.title)).not.toContain("派单模型");
    expect(menuOf("administrator")).toEqual(MENU);
  });
});
