import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h, reactive } from "vue";
import { basisLines } from "../src/console/basis";
import DispatchBasis from "../src/console/components/DispatchBasis.vue";
import { forgetDepartments } from "../src/console/departments";
import { installElements } from "../src/console/elements";
import { partsOf, problemOf, supportingOf } from "../src/console/splitting";
import type { Demand, Evidence, OrderDetail, OrderView, PartInput } from "../src/contract";
import { orderView } from "../src/page/order";
import { satisfactionForm } from "../src/page/satisfaction";

const demand = (text: string, department: string): Demand => ({ text, department, category: "城乡建设/供水", confidence: 0.8 });
const DEMANDS = [demand("路灯坏了", "cgj"), demand("自来水发黄", "swjt")];
const part = (text: string, more: Partial<PartInput> = {}): PartInput => ({
  text,
  department: "",
  supporting: [],
  category: "",
  ...more,
});
const known = (code: string): boolean => code !== "gone";

describe("the parts of an appeal with several demands", () => {
  it("begin with what was found", () => {
    expect(partsOf(DEMANDS, "全文", known)).toEqual([
      part("路灯坏了", { department: "cgj", category: "城乡建设/供水" }),
      part("自来水发黄", { department: "swjt", category: "城乡建设/供水" }),
    ]);
    const [one] = partsOf([demand("路灯坏了", "gone"), demand("水发黄", "")], "全文", known);
    expect(one?.department).toBe("");
  });

  it("begin with the whole text where a person alone sees several", () => {
    expect(partsOf([], "全文", known)).toEqual([part("全文"), part("")]);
  });

  it.each([
    [[part("一")], "2至5件"],
    [["一", "二", "三", "四", "五", "六"].map((text) => part(text)), "2至5件"],
    [[part("一"), part(" \n")], "第2件没有内容"],
    [[part("一"), part("字".repeat(5001))], "第2件超过5000字"],
    [[part("一"), part("二"), part(" 一 ")], "第3件与第1件内容相同"],
    [[part("一", { department: "cgj", supporting: ["cgj"] }), part("二")], "第1件的主办单位不能同时是协办单位"],
  ])("are not sent when something is wrong: %#", (parts, problem) => {
    expect(problemOf(parts)).toContain(problem);
  });

  it("are sent when they are whole", () => {
    expect(problemOf([part("一", { department: "cgj" }), part("二", { department: "cgj" })])).toBe("");
  });
});

describe("the supporting departments offered", () => {
  const order = (more: object): OrderDetail =>
    ({ state: "pending_dispatch", supporting_departments: [], dispatching: { evidence: { supporting: ["zjj", "cgj", "gone"] } }, ...more }) as never;

  it("are the proposed ones that exist and do not lead", () => {
    expect(supportingOf(order({}), "cgj", known)).toEqual(["zjj"]);
  });

  it("are those it has, and nothing is proposed anew once it was dispatched", () => {
    expect(supportingOf(order({ supporting_departments: [{ code: "rsj", name: "" }] }), "cgj", known)).toEqual(["rsj"]);
    expect(supportingOf(order({ state: "signed" }), "cgj", known)).toEqual([]);
  });
});

describe("what was read of an appeal", () => {
  const place = { district: "云湖区", place: "书院路", said: "书院路", certainty: "guessed" as const, ambiguous: [] };
  const text = (evidence: Evidence): string[] => basisLines(evidence).map((line) => `${line.name}：${line.text}`);

  it("stands in short lines", () => {
    expect(
      text({
        location: place,
        category: { levels: [{ code: "02", name: "城乡建设" }, { code: "0203", name: "供水" }], confidence: 0.87 },
        traits: { type: { label: "投诉", confidence: 0.93 }, sentiment: { label: "不满", confidence: 0.6 } },
      }),
    ).toEqual([
      "属地：云湖区（据“书院路”）",
      "诉求分类：城乡建设 / 供水（代码0203，把握87%）",
      "模型判断：类型投诉（把握93%）；情绪不满（把握60%）",
    ]);
  });

  it("says what is not certain, and nothing of what was not read", () => {
    const ambiguous = [{ place: "人民路", districts: ["云湖区", "松岭区"] }];
    expect(text({ location: { ...place, district: "", place: "", said: "", certainty: "", ambiguous } })).toEqual([
      "属地：“人民路”可能在云湖区、松岭区，请核实。",
    ]);
    expect(text({ location: { ...place, said: "书苑路", certainty: "misspelt" } })).toEqual([
      "属地：云湖区（“书苑路”疑似“书院路”，请核实）",
    ]);
    expect(text({ location: { ...place, place: "云湖区", said: "云湖区", certainty: "named" } })).toEqual(["属地：云湖区"]);
    expect(text({ category: { levels: [{ code: "", name: "供水" }], confidence: 0.5 } })).toEqual(["诉求分类：供水（把握50%）"]);
    expect(text({ location: null, category: null, traits: {} })).toEqual([]);
    expect(text({})).toEqual([]);
  });
});

describe("the basis of a dispatch", () => {
  let app: App;
  let sent: { path: string; body: { version: number; parts: PartInput[] } }[];
  let refuse: { status: number; message: string } | null;
  const heard = { split: 0, stale: 0 };
  const find = <T extends HTMLElement>(id: string): T | null => document.querySelector<T>(`[data-testid="${id}"]`);
  const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });

  function show(evidence: Evidence, more: Partial<OrderDetail> = {}): void {
    const dispatching = { decision: "review", department: "", candidates: [], evidence };
    const order = reactive({ id: 7, version: 3, text: "全文", splittable: true, dispatching, ...more }) as never as OrderDetail;
    document.body.innerHTML = "<div id=app></div>";
    app = createApp({
      render: () =>
        h(DispatchBasis, {
          dispatching: dispatching as never,
          order,
          onSplit: () => heard.split++,
          onStale: () => heard.stale++,
        }),
    });
    installElements(app);
    app.mount("#app");
  }

  beforeEach(() => {
    sent = [];
    refuse = null;
    heard.split = heard.stale = 0;
    forgetDepartments();
    vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
      if (String(url).includes("/departments")) {
        const rows = ["cgj", "swjt"].map((code) => ({ code, name: code, duties: [], active: true, parent: "", jurisdiction: "" }));
        return new Response(JSON.stringify(rows));
      }
      sent.push({ path: String(url), body: JSON.parse(String(init.body)) });
      if (refuse) {
        const error = { code: "conflict", message: refuse.message };
        return new Response(JSON.stringify({ error }), { status: refuse.status });
      }
      return new Response(JSON.stringify({ id: 7 }));
    });
  });
  afterEach(() => {
    app.unmount();
    document.body.innerHTML = "";
    vi.unstubAllGlobals();
  });

  it("says that the hotline answered, and asks nobody to choose a department", async () => {
    const reason = "置信度41.0%低于城管局的自动派单线80.0%，请从候选单位中选择。";
    show({ reason }, { splittable: false });
    await until(() => expect(find("dispatch-basis")?.textContent).toContain(reason));
    expect(find("dispatch-decision")?.textContent).toContain("需人工审核");
    app.unmount();
    show({ reason }, { splittable: false, directly_answered: true });
    await until(() => expect(find("dispatch-answered")?.textContent).toContain("由热线直接答复"));
    expect(find("dispatch-decision")?.textContent).toContain("话务直接答复");
    expect(find("dispatch-basis")?.textContent).not.toMatch(/人工审核|请从候选单位/);
  });

  it("offers to split what was found, and sends it as it was corrected", async () => {
    show({ demands: DEMANDS });
    await until(() => expect(find("split-submit")?.textContent).toContain("拆分为2件"));
    const field = find("split-part-2")?.querySelector("textarea") as HTMLTextAreaElement;
    field.value = "自来水发黄有异味";
    field.dispatchEvent(new Event("input"));
    find("split-submit")?.click();
    await until(() => expect(heard.split).toBe(1));
    expect(sent[0]?.path).toContain("/work-orders/7/split");
    expect(sent[0]?.body).toEqual({
      version: 3,
      parts: [
        part("路灯坏了", { department: "cgj", category: "城乡建设/供水" }),
        part("自来水发黄有异味", { department: "swjt", category: "城乡建设/供水" }),
      ],
    });
  });

  it("keeps what was typed when somebody else was faster", async () => {
    refuse = { status: 409, message: "这张工单刚刚被其他人处理过" };
    show({ demands: DEMANDS });
    await until(() => expect(find("split-submit")).not.toBeNull());
    find("split-submit")?.click();
    await until(() => expect(heard.stale).toBe(1));
    expect(find("split-error")?.textContent).toContain("其他人");
    expect(find("split-part-1")?.querySelector("textarea")?.value).toBe("路灯坏了");
  });

  it("lets a person split where nothing was found, and adds a part", async () => {
    show({});
    await until(() => expect(find("split-begin")).not.toBeNull());
    find("split-begin")?.click();
    await until(() => expect(find("split-add")).not.toBeNull());
    find("split-add")?.click();
    await until(() => expect(find("split-submit")?.textContent).toContain("拆分为3件"));
    find("split-submit")?.click();
    await until(() => expect(find("split-error")?.textContent).toContain("第2件没有内容"));
    expect(sent).toEqual([]);
  });

  it("only tells those who may not split, and of a part which it is", async () => {
    show({ demands: DEMANDS }, { splittable: false });
    await until(() => expect(find("evidence-demands")?.textContent).toContain("自来水发黄"));
    expect(find("split-form")).toBeNull();
    app.unmount();
    show({ demands: DEMANDS, part: { number: 2, of: 3, text: "自来水发黄" } }, { splittable: false });
    await until(() => expect(find("dispatch-basis")?.textContent).toContain("本单办理第2件（共3件）"));
    expect(find("evidence-demands")).toBeNull();
  });
});

describe("the citizen's view of a split appeal", () => {
  const view = (number: string, more: Partial<OrderView> = {}): OrderView =>
    ({ number, type: "投诉", state_name: "办理中", department: "", due_at: null, reply: "", steps: [], text: number, elements: {}, ...more }) as never;

  it("lists the parts, each with its state, reply and form", () => {
    const form = satisfactionForm("2026-11-30T10:00:00+08:00", async () => {});
    const other = satisfactionForm("2026-11-30T10:00:00+08:00", async () => {});
    const parts = [{ order: view("B2", { department: "市水务集团", state_name: "回访中", reply: "已冲洗。" }), form }];
    const shown = orderView(view("A1"), other, parts);
    expect(shown.textContent).toContain("您的诉求分为2件办理");
    const row = shown.querySelector('[data-testid="result-part-B2"]');
    for (const text of ["B2", "回访中", "市水务集团", "已冲洗。"]) expect(row?.textContent).toContain(text);
    expect(row?.querySelector("form")).toBe(form);
    const fields = [...shown.querySelectorAll("textarea")].map((field) => field.id);
    expect(new Set(fields).size, "each comment has a label of its own").toBe(2);
    expect(orderView(view("A1")).textContent).not.toContain("件办理");
  });
});
