import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h } from "vue";
import type { Role, SessionView } from "../src/contract";
import { driftFigure, driftLine, driftTitle } from "../src/console/drift";
import { forgetDepartments } from "../src/console/departments";
import { installElements } from "../src/console/elements";
import Models from "../src/console/pages/Models.vue";
import { session } from "../src/console/session";
import {
  comparisons,
  doneShare,
  isOpen,
  outcomeOf,
  progressWords,
  secondsLeft,
  selectionWords,
  spanWords,
} from "../src/console/training";
import type { Drift, DriftFigure, JobRow, ModelList, Verdict } from "../src/model-contract";

const BEGAN = "2026-11-21T10:00:00+08:00";
const AT = Date.parse(BEGAN);

function job(more: Partial<JobRow> = {}): JobRow {
  return {
    key: "train_routing:1",
    kind: "train_routing",
    state: "running",
    due_at: BEGAN,
    attempts: 1,
    error: "",
    progress: { step: "编码", done: 30, total: 120, seconds_left: 20, started: BEGAN, rows: 120, expected_seconds: 100 },
    request: { from: "2026-01-01", to: null, departments: [], trainer: "light", promote: true, by: "admin" },
    ...more,
  };
}

const VERDICT: Verdict = {
  passed: false,
  outcome: "too_few",
  incumbent: "m1",
  rows: 12,
  explanation: "可用于比较的只有12条。",
  difference: { top1: 0.031, macro_f1: -0.0204 },
  low: { top1: 0.01, macro_f1: -0.05 },
  high: { top1: 0.05, macro_f1: -0.001 },
  figures: { top1: { incumbent: 0.8, candidate: 0.831 }, macro_f1: { incumbent: 0.7, candidate: 0.6796 } },
};

const figure = (value: number | null, line: number | null = null, warning = false): DriftFigure => ({
  value,
  n: 200,
  line,
  warning,
});

const DRIFT: Drift = {
  model: "m1",
  min_orders: 30,
  max_returns: 0.1,
  max_shift: 0.25,
  measures: [
    { key: "confidence", name: "平均置信度", above: false },
    { key: "returns", name: "退单率", above: true },
    { key: "shift", name: "单位分布偏移（PSI）", above: true },
  ],
  weeks: ["2026-11-09", "2026-11-16"].map((from, index) => ({
    week: `2026-W${46 + index}`,
    from,
    to: from,
    orders: 200,
    models: ["m1"],
    figures: {
      confidence: figure(0.9, 0.85),
      returns: figure(index ? 0.15 : 0.05, 0.1, index === 1),
      shift: figure(null),
    },
    shifts: [{ department: "a", name: "甲局", share: 0.4, trained: 0.1 }],
  })),
  warning: { week: "2026-W47", sentences: ["退单率15.0%，高于警戒线：建议检查派单规则。"] },
};

// jsdom has no canvas: what the charts draw goes nowhere, in each test and in the frames after it.
const drawn = new Proxy({}, { get: (_, name) => (name === "measureText" ? () => ({ width: 0 }) : () => undefined), set: () => true });
HTMLCanvasElement.prototype.getContext = (() => drawn) as unknown as HTMLCanvasElement["getContext"];

describe("a training", () => {
  it("tells its step, its count and the time left of the whole, never less than of the step", () => {
    expect(progressWords(job(), AT + 40_000)).toBe("编码，30 / 120，约剩1分钟");
    expect(secondsLeft(job().progress, AT + 95_000)).toBe(20);
    expect(progressWords(job({ progress: null }), AT)).toBe("正在准备数据");
    expect(progressWords(job({ state: "waiting", attempts: 0 }), AT)).toBe("等待开始");
    expect(progressWords(job({ state: "waiting" }), AT)).toBe("等待重新开始");
  });

  it("is never shown as done before it is, and as unknown where nothing tells", () => {
    expect(doneShare(job().progress, AT + 50_000)).toBeCloseTo(0.5);
    expect(doneShare({ ...job().progress, seconds_left: null }, AT + 900_000)).toBe(0.99);
    expect(doneShare({ step: "读取数据", started: BEGAN }, AT)).toBeNull();
    expect(doneShare(null, AT)).toBeNull();
  });

  it("says spans as people do", () => {
    expect([0.2, 59, 60, 1800, 9000].map(spanWords)).toEqual(["1秒", "59秒", "1分钟", "30分钟", "2.5小时"]);
  });

  it("is open until it is over; a callback is no training", () => {
    expect([job(), job({ state: "waiting" }), job({ state: "done" }), job({ kind: "callback_begin" })].map(isOpen)).toEqual(
      [true, true, false, false],
    );
  });

  it("names what was chosen", () => {
    expect(selectionWords(null)).toBe("数据文件");
    expect(selectionWords({ from: null, to: null, departments: [] })).toBe("全部期间，全部单位");
    expect(selectionWords({ from: null, to: "2026-06-30", departments: ["a"] })).toBe("最早 至 2026-06-30，a");
    expect(selectionWords({ from: "2026-01-01", to: null, departments: ["a", "b", "c"] })).toBe(
      "2026-01-01 至 最新，a等3个单位",
    );
  });
});

describe("a comparison", () => {
  it("puts both models beside each other with the interval, and says on which side of zero it lies", () => {
    expect(comparisons(VERDICT)).toEqual([
      {
        key: "top1",
        name: "首选准确率",
        incumbent: "80.0%",
        candidate: "83.1%",
        difference: "+3.1",
        interval: "+1.0 至 +5.0",
        sure: "better",
      },
      {
        key: "macro_f1",
        name: "宏平均F1",
        incumbent: "0.700",
        candidate: "0.680",
        difference: "-2.0",
        interval: "-5.0 至 -0.1",
        sure: "worse",
      },
    ]);
    expect(comparisons(null)).toEqual([]);
  });

  it("of an older version is told by what it says", () => {
    expect(outcomeOf({ passed: true, rows: 0 })).toBe("first");
    expect(outcomeOf({ passed: true, rows: 90 })).toBe("level");
    expect(outcomeOf({ passed: false, rows: 90 })).toBe("worse");
    expect(outcomeOf(VERDICT)).toBe("too_few");
  });
});

describe("drift", () => {
  it("is one line of values and one of warnings, week by week", () => {
    expect(driftLine(DRIFT, "returns")).toEqual({
      key: "returns",
      name: "退单率",
      weeks: ["11-09", "11-16"],
      values: [0.05, 0.15],
      lines: [0.1, 0.1],
      warnings: [false, true],
      lineName: "警戒线（高于即警告）",
    });
    expect(driftLine(DRIFT, "confidence")?.lineName).toBe("警戒线（低于即警告）");
    expect(driftLine(DRIFT, "none")).toBeNull();
  });

  it("shows shares as percent, the index as it is, nothing as a dash", () => {
    expect([driftFigure("returns", 0.15), driftFigure("shift", 0.314), driftFigure("shift", null)]).toEqual([
      "15.0%",
      "0.31",
      "—",
    ]);
    expect(driftTitle("returns", figure(0.15, 0.1))).toBe("15.0%（200 张，警戒线 10.0%）");
    expect(driftTitle("shift", figure(null))).toBe("没有数据");
  });
});

/** Other work may hold up the machine. */
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });
const find = <T extends HTMLElement>(testid: string): T | null =>
  document.querySelector<T>(`[data-testid="${testid}"]`);

/** Press the button of the open question, and wait until the question is gone: it holds the focus until then. */
async function agree(): Promise<void> {
  const button = (): HTMLElement | null => document.querySelector<HTMLElement>(".el-message-box__btns .el-button--primary");
  await until(() => expect(button()).not.toBeNull());
  button()?.click();
  await until(() => expect(button()).toBeNull());
}

describe("the models page", () => {
  let app: App;
  let sent: { method: string; path: string; body: unknown }[];
  let refuse: string;
  let warned: string[];
  let jobs: JobRow[];

  const row = (id: string, more: Record<string, unknown>): Record<string, unknown> => ({
    id,
    trainer: "light",
    seed: 7,
    created_at: BEGAN,
    rows: 120,
    labels: 4,
    data: { file: "orders.jsonl", hash: "abcdef0123456789", rows: 120, from: "2026-01-01T00:00:00", to: "2026-02-01T00:00:00" },
    measures: { held_out: { rows: 24, top1: 0.8 } },
    by: "admin",
    selection: { from: "2026-01-01", to: null, departments: [], corrected: 3 },
    promoted_at: null,
    promoted_by: "",
    verdict: null,
    ...more,
  });
  const list = (): ModelList =>
    ({
      current: "m1",
      items: [row("m2", { state: "candidate", verdict: VERDICT }), row("m1", { state: "current" })],
      history: [{ at: BEGAN, by: "admin", action: "promote", id: "m1", from: null, result: "首个模型" }],
    }) as unknown as ModelList;

  function answer(path: string, method: string): Response {
    const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });
    const [place = ""] = path.replace("/api/console", "").split("?");
    if (method === "POST" && refuse) return json({ error: { code: "conflict", message: refuse } }, 409);
    if (place === "/jobs") return json(jobs);
    if (place === "/drift") return json(DRIFT);
    if (place === "/departments") return json([{ code: "a", name: "甲局", duties: [] }]);
    if (place === "/models/m2") return json({ ...row("m2", {}), card: "# 派单模型 m2", has_report: true });
    if (place === "/training/report") {
      const departments = [{ department: "a", name: "甲局", count: 120 }];
      return json({ problem: "数据太少", rows: 120, corrected: 3, unresolved: 0, closed: 2, departments });
    }
    if (place.endsWith("/cancel")) return new Response(null, { status: 204 });
    if (place === "/training") return json({ job: "train_routing:2" }, 202);
    return json(list());
  }

  async function open(role: Role): Promise<void> {
    session.staff = { username: role, name: role, role, role_name: role, department: "" } as SessionView;
    document.body.innerHTML = "<div id=app></div>";
    app = createApp({ render: () => h(Models) });
    app.config.warnHandler = (message) => warned.push(message);
    installElements(app);
    app.mount("#app");
    await until(() => expect(find("model-m2")).not.toBeNull());
    await until(() => expect(find("drift-table")).not.toBeNull());
  }

  beforeEach(() => {
    sent = [];
    refuse = "";
    warned = [];
    jobs = [];
    forgetDepartments();
    vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
      const method = init.method ?? "GET";
      sent.push({ method, path: String(url), body: init.body ? JSON.parse(String(init.body)) : null });
      return answer(String(url), method);
    });
  });

  afterEach(() => {
    app.unmount();
    session.staff = null;
    document.body.innerHTML = "";
    vi.unstubAllGlobals();
  });

  it("says who made each model of what, how it compares, and warns of drift", async () => {
    await open("supervisor");
    const shown = find("model-m2")?.textContent ?? "";
    for (const words of ["操作人 admin", "随机种子 7", "2026-01-01 至 最新，全部单位", "3 条更正过的单位", "abcdef012345"]) {
      expect(shown).toContain(words);
    }
    expect(find("verdict-outcome")?.textContent).toContain("工单太少");
    expect(find<HTMLAnchorElement>("report-m2")?.getAttribute("href")).toBe("/api/console/models/m2/report");
    expect(find("drift-warning")?.textContent).toContain("退单率15.0%");
    expect(find("model-history")?.textContent).toContain("启用");
    expect([find("promote-m2"), find("model-train"), find("model-rollback")]).toEqual([null, null, null]);
    find("card-m2")?.click();
    await until(() => expect(find("model-card")?.textContent).toContain("# 派单模型 m2"));
    expect(warned).toEqual([]);
  });

  // The dialog with all its fields takes long to mount on a busy machine.
  it("reports on the data, keeps what was chosen when refused, and trains", async () => {
    await open("administrator");
    find("model-train")?.click();
    await until(() => expect(find("training-report")).not.toBeNull());
    find("training-promote")?.querySelector("input")?.click();
    find("training-report")?.click();
    await until(() => expect(find("report-problem")?.textContent).toContain("数据太少"));
    expect(find("data-report")?.textContent).toContain("甲局");
    expect(find("data-report")?.textContent).toContain("未采用");
    refuse = "已有训练任务在等待或进行中。";
    const submit = (): void => {
      document.getElementById("training-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    };
    submit();
    await until(() => expect(find("training-error")?.textContent).toContain("已有训练任务"));
    expect(find("data-report")).not.toBeNull();
    refuse = "";
    submit();
    await until(() => expect(document.getElementById("training-form")).toBeNull());
    const asked = sent.filter((one) => one.path === "/api/console/training");
    expect(asked.map((one) => one.body)).toEqual(
      Array(2).fill({ from: null, to: null, departments: [], trainer: "light", promote: false }),
    );
    expect(warned).toEqual([]);
  }, 90_000);

  it("shows a training's progress and cancels it after asking", async () => {
    jobs = [job()];
    await open("administrator");
    await until(() => expect(find("training-step")?.textContent).toContain("编码，30 / 120"));
    expect(find<HTMLButtonElement>("model-train")?.disabled).toBe(true);
    find("training-cancel")?.click();
    await until(() => expect(document.querySelector(".el-message-box__btns .el-button--primary")).not.toBeNull());
    expect(sent.some((one) => one.method === "POST")).toBe(false);
    await agree();
    await until(() =>
      expect(sent.find((one) => one.method === "POST")?.path).toBe("/api/console/training/train_routing%3A1/cancel"),
    );
    expect(warned).toEqual([]);
  });

  it("asks for a reason where there were too few orders to compare on", async () => {
    await open("administrator");
    find("promote-m2")?.click();
    await until(() => expect(document.querySelector(".el-message-box input")).not.toBeNull());
    expect(document.querySelector(".el-message-box")?.textContent).toContain("只有12条");
    const input = document.querySelector<HTMLInputElement>(".el-message-box input");
    if (input) {
      input.value = "新区成立";
      input.dispatchEvent(new Event("input"));
    }
    await agree();
    await until(() =>
      expect(sent.find((one) => one.method === "POST")).toMatchObject({
        path: "/api/console/models/m2/promote",
        body: { reason: "新区成立" },
      }),
    );
  });

  it("keeps a refusal with its figures in sight", async () => {
    await open("administrator");
    refuse = "没有可以退回的上一个模型。";
    find("model-rollback")?.click();
    await agree();
    await until(() => expect(find("models-error")?.textContent).toContain("没有可以退回"));
  });
});
