import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import type { Role, SessionView } from "../src/contract";
import { forgetDepartments } from "../src/console/departments";
import { installElements } from "../src/console/elements";
import { menuOf } from "../src/console/menu";
import Rules from "../src/console/pages/Rules.vue";
import {
  changesOf,
  conditionsOf,
  daysOf,
  effectsOf,
  freeId,
  inputOf,
  missingIn,
  moved,
  rowOf,
  stateOf,
  wordsOf,
} from "../src/console/rules";
import { session } from "../src/console/session";
import type { RuleList, RuleRow, RuleTrial } from "../src/rules-contract";

const HEATING: RuleRow = {
  id: "供热季",
  when: { any_terms: ["暖气", "供热"], district: "云湖区" },
  then: { department: "grgs", supporting: ["zjj"] },
  from: "2026-11-15",
  to: "2027-03-15",
  note: "供热季统一受理",
};
const COUNTY: RuleRow = { id: "县里自办", when: { district: "青溪县" }, then: { review: true }, note: "请县里确认" };
const name = (code: string): string => ({ grgs: "市供热公司", zjj: "市住建局" })[code] ?? code;

describe("rules as a form holds them", () => {
  it("come back as they were", () => {
    expect(rowOf(inputOf(HEATING))).toEqual(HEATING);
    expect(rowOf(inputOf(COUNTY))).toEqual(COUNTY);
  });

  it("take words from lines and commas, once each", () => {
    expect(wordsOf("暖气\n 供热，暖气、漏水;  \r\nwifi 6")).toEqual(["暖气", "供热", "漏水", "wifi 6"]);
  });

  it("take what a broken row tells", () => {
    expect(inputOf(null)).toMatchObject({ id: "", supporting: [], review: false });
    expect(inputOf({ id: 7, when: { any_terms: "暖气" }, then: "grgs" })).toMatchObject({ id: "7", any_terms: "暖气" });
  });

  it.each([
    [{ id: " " }, "编号"],
    [{ id: "县里自办" }, "已经有了"],
    [{ any_terms: " ，", district: "" }, "至少填写一个条件"],
    [{ department: "", supporting: [] }, "主办单位"],
    [{ department: "", review: true }, "不能只指定协办"],
    [{ supporting: ["grgs"] }, "相同"],
    [{ review: true, note: " " }, "请填写说明"],
    [{ to: "2026-11-14" }, "早于"],
    [{}, ""],
  ])("are refused with what to put right: %o", (more, words) => {
    const told = missingIn({ ...inputOf(HEATING), ...more }, ["县里自办"]);
    if (words) expect(told).toContain(words);
    else expect(told).toBe("");
  });
});

describe("rules as a person reads them", () => {
  it("in words", () => {
    expect(conditionsOf(HEATING, name)).toEqual(["内容含“暖气”或“供热”", "区县：云湖区"]);
    expect(effectsOf(HEATING, name)).toEqual(["主办：市供热公司", "协办：市住建局"]);
    expect(effectsOf(COUNTY, name)).toEqual(["由人工派单"]);
    expect(daysOf(HEATING)).toBe("2026-11-15 至 2027-03-15");
    expect(daysOf(COUNTY)).toBe("长期");
  });

  it("by their days, both included", () => {
    const states = ["2026-11-14", "2026-11-15", "2027-03-15", "2027-03-16"].map((day) => stateOf(HEATING, day));
    expect(states).toEqual(["future", "current", "current", "past"]);
  });

  it("move by one place and no further", () => {
    const rows = [1, 2, 3];
    expect(moved(rows, 2, -1)).toEqual([1, 3, 2]);
    expect(moved(rows, 0, -1)).toBe(rows);
    expect(moved(rows, 2, 1)).toBe(rows);
  });

  it("get a free number", () => {
    expect(freeId([])).toBe("规则1");
    expect(freeId([{ id: "规则2" }])).toBe("规则3");
  });

  it("with what a version changed", () => {
    const version = { version: 2, at: "", by: "", note: "", rules: [], added: ["a"], removed: [], changed: ["b"], moved: true };
    expect(changesOf(version)).toBe("新增 a；修改 b；调整了顺序");
  });

  it("are in the menu of those who answer for them", () => {
    const seeing = (["agent", "dispatcher", "department", "supervisor", "administrator"] as Role[]).filter((role) =>
      menuOf(role).some((entry) => entry.path === "/rules"),
    );
    expect(seeing).toEqual(["supervisor", "administrator"]);
  });
});

const TRIAL: RuleTrial = {
  orders: 500,
  confidential: 1,
  changed: 1,
  settled: 400,
  right_before: 380,
  right_after: 379,
  became_right: 0,
  became_wrong: 1,
  auto_before: 300,
  auto_after: 301,
  hits: [
    { rule: "县里自办", count: 0 },
    { rule: "供热季", count: 3 },
  ],
  rows: [
    {
      number: "20261101000007",
      excerpt: "不该显示",
      confidential: true,
      settled: "zjj",
      settled_name: "市住建局",
      verdict: "wrong",
      rule: "供热季",
      before: { department: "zjj", department_name: "市住建局", supporting: [], decision: "review", rule: "" },
      after: { department: "grgs", department_name: "市供热公司", supporting: [], decision: "auto", rule: "供热季" },
    },
  ],
};

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });
const find = <T extends HTMLElement>(testid: string): T | null =>
  document.querySelector<T>(`[data-testid="${testid}"]`);
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

let app: App | undefined;
let list: RuleList;
let refuse: { status: number; code: string; message: string } | null;
let faulty: boolean;
let sent: { method: string; path: string; body: Record<string, unknown> | null }[];

function answer(path: string, method: string): Response {
  if (path === "/departments") return json([{ code: "grgs", name: "市供热公司", duties: [] }]);
  if (path === "/rules/history") return json([]);
  if (path === "/rules/trial") {
    const problem = { row: 2, rule: "县里自办", field: "when.district", message: "没有“青溪县”这个区县。", level: "error" };
    const proof = `凭证${sent.filter((one) => one.path === path).length}`;
    return json(faulty ? { problems: [problem], trial: null, proof: null } : { problems: [], trial: TRIAL, proof });
  }
  if (method === "PUT" && refuse) return json({ error: refuse }, refuse.status);
  if (method === "PUT") list = { ...list, version: list.version + 1, rules: sent.at(-1)?.body?.rules as RuleRow[] };
  return json(list);
}

async function open(role: Role): Promise<void> {
  session.staff = { username: role, name: role, role, role_name: role, department: "" } as SessionView;
  document.body.innerHTML = "<div id=app></div>";
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", component: Rules }] });
  await router.push("/");
  app = createApp({ render: () => h(RouterView) });
  installElements(app);
  app.use(router);
  app.mount("#app");
  await until(() => expect(find("rule-row-2")).not.toBeNull());
}

const disabled = (testid: string): boolean => find<HTMLButtonElement>(testid)?.disabled ?? true;
const hint = (): string => find("rules-hint")?.textContent ?? "";
const rowText = (number: number): string => find(`rule-row-${number}`)?.textContent ?? "";

function type(testid: string, text: string): void {
  const found = find(testid);
  const field = (found?.matches("input, textarea") ? found : found?.querySelector("input, textarea")) as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event("input"));
}

async function attempt(): Promise<void> {
  find("rules-try")?.click();
  await until(() => expect(find("trial-counts")).not.toBeNull());
}

beforeEach(() => {
  const choices = { types: ["投诉"], urgencies: ["紧急"], districts: ["云湖区", "青溪县"], categories: ["供热"] };
  list = {
    version: 3,
    at: "2026-11-20T10:00:00+08:00",
    by: "admin",
    note: "供热季开始",
    source: "database",
    rules: [HEATING, COUNTY],
    problems: [],
    choices,
  };
  refuse = null;
  faulty = false;
  sent = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    const [path = ""] = String(url).replace("/api/console", "").split("?");
    sent.push({ method: init.method ?? "GET", path, body: init.body ? JSON.parse(String(init.body)) : null });
    return answer(path, init.method ?? "GET");
  });
});

afterEach(() => {
  app?.unmount();
  app = undefined;
  session.staff = null;
  forgetDepartments();
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
});

describe("the page of the rules", () => {
  it("saves only what has been tried exactly as it stands", async () => {
    await open("administrator");
    expect(hint()).toContain("没有改动");
    document.getElementById("rule-down-0")?.click();
    await until(() => expect(rowText(1)).toContain("县里自办"));
    expect([hint(), disabled("rules-save")]).toEqual(["保存前请先试算。", true]);
    type("rules-note", "县里先看");
    await attempt();
    await until(() => expect(disabled("rules-save")).toBe(false));
    expect(find("rule-hits-1")?.textContent).toBe("没有命中");
    expect(find("rule-hits-2")?.textContent).toBe("3 张");
    document.getElementById("rule-up-1")?.click();
    await until(() => expect(hint()).toContain("没有改动"));
    find("rule-remove-1")?.click();
    await until(() => expect(hint()).toContain("请重新试算"));
    expect(disabled("rules-save")).toBe(true);
    expect(find("trial-stale")).not.toBeNull();
    find("rules-try")?.click();
    await until(() => expect(disabled("rules-save")).toBe(false));
    find("rules-save")?.click();
    await until(() => expect(find("rules-version")?.textContent).toContain("第 4 版"));
    expect(sent.find((one) => one.method === "PUT")?.body).toEqual({
      rules: [COUNTY],
      note: "县里先看",
      version: 3,
      proof: "凭证2",
    });
  });

  it("asks for another trial when the server does not take the one there was", async () => {
    await open("administrator");
    find("rule-remove-2")?.click();
    type("rules-note", "县里的不用了");
    await attempt();
    await until(() => expect(disabled("rules-save")).toBe(false));
    refuse = { status: 422, code: "not_tried", message: "规则没有保存：试算已超过一小时。请重新试算，再保存。" };
    find("rules-save")?.click();
    await until(() => expect(find("rules-error")?.textContent).toContain("超过一小时"));
    expect([hint(), disabled("rules-save"), find("rule-row-2")]).toEqual(["保存前请先试算。", true, null]);
    refuse = null;
    find("rules-try")?.click();
    await until(() => expect(disabled("rules-save")).toBe(false));
    find("rules-save")?.click();
    await until(() => expect(find("rules-version")?.textContent).toContain("第 4 版"));
    expect(sent.filter((one) => one.method === "PUT").map((one) => one.body?.proof)).toEqual(["凭证1", "凭证2"]);
  });

  it("shows what would change, and nothing of a confidential order", async () => {
    await open("supervisor");
    expect(find("rules-save")).toBeNull();
    expect(find("rule-add")).toBeNull();
    await attempt();
    expect(find("trial-counts")?.textContent).toContain("1 张");
    expect(find("trial-row")?.textContent).toContain("保密工单，不显示内容");
    expect(find("trial-row")?.textContent).not.toContain("不该显示");
    expect(find("trial-row")?.textContent).toContain("改错");
    expect(sent.find((one) => one.method === "POST")?.body).toEqual({ rules: [HEATING, COUNTY], last: 500 });
  });

  it("keeps a problem at its row when the row is moved", async () => {
    faulty = true;
    await open("administrator");
    find("rules-try")?.click();
    await until(() => expect(rowText(2)).toContain("没有“青溪县”这个区县"));
    expect(find("trial-counts")).toBeNull();
    document.getElementById("rule-up-1")?.click();
    await until(() => expect(rowText(1)).toContain("没有“青溪县”这个区县"));
    expect(rowText(2)).not.toContain("没有“青溪县”这个区县");
  });

  it("moves on by the same key: the focus goes with the row", async () => {
    list.rules = [HEATING, COUNTY, { ...COUNTY, id: "第三" }];
    await open("administrator");
    document.getElementById("rule-up-2")?.click();
    await until(() => expect(document.activeElement?.id).toBe("rule-up-1"));
    document.getElementById("rule-up-1")?.click();
    await until(() => expect(document.activeElement?.id).toBe("rule-down-0"));
    expect(rowText(1)).toContain("第三");
  });

  it("loses nothing when somebody else saved first", async () => {
    await open("administrator");
    find("rule-remove-2")?.click();
    type("rules-note", "县里的不用了");
    await attempt();
    await until(() => expect(disabled("rules-save")).toBe(false));
    refuse = { status: 409, code: "conflict", message: "派单规则刚刚被其他人修改过，请刷新后重试。" };
    list = { ...list, version: 4, by: "li", note: "李敏改的" };
    find("rules-save")?.click();
    await until(() => expect(find("rules-conflict")?.textContent).toContain("李敏改的"));
    expect([find("rule-row-2"), disabled("rules-save")]).toEqual([null, true]);
    refuse = null;
    find("rules-try")?.click();
    await until(() => expect(disabled("rules-save")).toBe(false));
    find("rules-save")?.click();
    await until(() => expect(find("rules-version")?.textContent).toContain("第 5 版"));
    const puts = sent.filter((one) => one.method === "PUT").map((one) => one.body);
    expect(puts.map((body) => [body?.version, body?.note])).toEqual([
      [3, "县里的不用了"],
      [4, "县里的不用了"],
    ]);
  });

  it("edits a rule in the drawer, which refuses what is not whole", async () => {
    await open("administrator");
    find("rule-edit-1")?.click();
    await until(() => expect(find("rule-form")).not.toBeNull());
    type("rule-id", "县里自办");
    find("rule-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await until(() => expect(find("rule-error")?.textContent).toContain("已经有了"));
    type("rule-id", "供热");
    type("rule-any", "暖气\n地暖");
    find("rule-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await until(() => expect(rowText(1)).toContain("内容含“暖气”或“地暖”"));
    find("rules-try")?.click();
    await until(() => expect(sent.some((one) => one.path === "/rules/trial")).toBe(true));
    const tried = sent.find((one) => one.path === "/rules/trial")?.body?.rules as RuleRow[];
    expect(tried[0]).toEqual({ ...HEATING, id: "供热", when: { ...HEATING.when, any_terms: ["暖气", "地暖"] } });
  });
});
