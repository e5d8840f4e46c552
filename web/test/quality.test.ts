import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h, nextTick } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import type { OrderDetail, Role, SessionView } from "../src/contract";
import type { Finding, QualityRule } from "../src/quality-contract";
import ReplyCheck from "../src/console/components/ReplyCheck.vue";
import { installElements } from "../src/console/elements";
import { menuOf } from "../src/console/menu";
import Quality from "../src/console/pages/Quality.vue";
import { mayDecide, mayObject, monthsText, precisionText, severityType } from "../src/console/quality";
import { session } from "../src/console/session";

const FINDING: Finding = {
  id: 7,
  version: 0,
  work_order_id: 12,
  number: "20261120000012",
  rule: "buck_passing",
  rule_name: "推诿",
  severity: "严重",
  passage: "请您自行找其他部门反映。",
  explanation: "答复把市民推给别处。",
  department: "cgj",
  department_name: "城市管理局",
  at: "2026-11-20T10:00:00+08:00",
  verdict: "open",
  verdict_name: "待认定",
  decided_by: "",
  decided_at: null,
  note: "",
  objection: "",
  objected_at: null,
};
const RULE: QualityRule = {
  rule: "buck_passing",
  name: "推诿",
  severity: "严重",
  cost: 40,
  explanation: "说明",
  found: 30,
  open: 5,
  precision: { numerator: 15, denominator: 25, share: 0.6 },
  flagged: true,
  months: [
    { month: "2026-10", precision: { numerator: 0, denominator: 0, share: null } },
    { month: "2026-11", precision: { numerator: 15, denominator: 25, share: 0.6 } },
  ],
  on: true,
  off: null,
};
const SPECIAL = {
  id: 3,
  version: 1,
  name: "漏水专项",
  at: "2026-11-20T10:00:00+08:00",
  actor: "du",
  query: {},
  size: 1,
  seed: 5,
  closed: false,
  next: 12,
  summary: { sampled: 1, judged: 0, faults: 0, rules: {} },
  orders: [
    { id: 12, number: "20261120000012", department: "cgj", verdict: "", verdict_name: "待评定", rules: [], note: "", by: "" },
  ],
};

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });
const find = (testid: string): HTMLElement | null => document.querySelector(`[data-testid="${testid}"]`);
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

let app: App | undefined;
let sent: { method: string; url: string; body: unknown }[];
let findings: Finding[];
let broken: string;

function answer(url: string, method: string): Response {
  if (url.includes("/verdict")) {
    if (broken) return json({ error: { code: "conflict", message: broken } }, 409);
    findings = [{ ...FINDING, version: 1, verdict: "upheld", verdict_name: "维持", decided_by: "du" }];
    return json(findings[0]);
  }
  if (url.includes("/findings")) return json({ items: findings, total: findings.length });
  if (url.includes("/choices"))
    return json({ rules: [{ code: "buck_passing", name: "推诿", severity: "严重" }], severities: [], verdicts: [] });
  if (url.includes("/quality/rules")) return json([RULE]);
  if (url.includes("/coverage"))
    return json({ coverage: { numerator: 9, denominator: 10, share: 0.9 }, findings: 3, departments: [] });
  if (url.includes("/orders/12")) return json({ ...SPECIAL, next: null, summary: { ...SPECIAL.summary, judged: 1 } });
  if (url.includes("/specials")) return json(method === "POST" || url.endsWith("/3") ? SPECIAL : [SPECIAL]);
  if (url.includes("/reply-check"))
    return json(
      url.includes("closing_kind")
        ? { score: 100, findings: [], closing_kind: "已解决", presumed: false }
        : { score: 60, findings: [{ ...FINDING, cost: 40 }], closing_kind: "已解决", presumed: true },
    );
  return json([]);
}

async function show(role: Role): Promise<void> {
  session.staff = { username: "du", name: "du", role, role_name: "", department: "" } as SessionView;
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/quality", component: Quality },
      { path: "/work-orders/:id", name: "orders", component: { render: () => h("i", { "data-testid": "order" }) } },
    ],
  });
  await router.push("/quality");
  app = createApp({ render: () => h(RouterView) });
  app.use(router);
  installElements(app);
  app.mount("#app");
}

beforeEach(() => {
  sent = [];
  broken = "";
  findings = [FINDING];
  document.body.innerHTML = "<div id=app></div>";
  vi.stubGlobal("fetch", (url: string, init: RequestInit = {}) => {
    const method = init.method ?? "GET";
    sent.push({ method, url: String(url), body: init.body ? JSON.parse(String(init.body)) : null });
    return Promise.resolve(answer(String(url), method));
  });
});

afterEach(() => {
  app?.unmount();
  app = undefined;
  session.staff = null;
  vi.unstubAllGlobals();
});

describe("what may be done with a finding", () => {
  it("is decided by inspectors and objected to by the department, while it is open", () => {
    expect(mayDecide("supervisor", FINDING)).toBe(true);
    expect(mayDecide("agent", FINDING)).toBe(false);
    expect(mayDecide(null, FINDING)).toBe(false);
    expect(mayDecide("supervisor", { ...FINDING, verdict: "upheld" })).toBe(false);
    expect(mayObject("department", FINDING)).toBe(true);
    expect(mayObject("department", { ...FINDING, objected_at: "2026-11-20T10:00:00Z" })).toBe(false);
    expect(mayObject("supervisor", FINDING)).toBe(false);
  });

  it("shows shares with their denominators", () => {
    expect(precisionText(RULE)).toBe("60.0%（15 / 25）");
    expect(precisionText({ ...RULE, precision: { numerator: 0, denominator: 0, share: null } })).toBe("尚无结论");
    expect(monthsText(RULE)).toBe("2026-11 60%（15 / 25）");
    expect([severityType("严重"), severityType("一般"), severityType("轻微")]).toEqual(["danger", "warning", "info"]);
  });

  it("stands in the menus of those who may read it", () => {
    const shown = (role: Role): boolean => menuOf(role).some((one) => one.path === "/quality");
    expect([shown("supervisor"), shown("department"), shown("agent")]).toEqual([true, true, false]);
  });
});

describe("the page", () => {
  it("lists findings, leads to the order, and takes a verdict", async () => {
    await show("supervisor");
    await until(() => expect(find("finding-passage")?.textContent).toBe(FINDING.passage));
    find("finding-uphold")?.click();
    await until(() => expect(document.querySelector(".el-message-box")).not.toBeNull());
    document.querySelector<HTMLElement>(".el-message-box .el-button--primary")?.click();
    await until(() => expect(find("finding-verdict")?.textContent).toContain("维持（du）"));
    const verdict = sent.find((one) => one.url.includes("/verdict"));
    expect(verdict?.body).toEqual({ version: 0, upheld: true, note: "" });
    find("finding-order")?.click();
    await until(() => expect(find("order")).not.toBeNull());
  });

  it("tells when somebody else was faster", async () => {
    broken = "这条质检问题已有结论，请刷新后查看。";
    await show("supervisor");
    await until(() => expect(find("finding-uphold")).not.toBeNull());
    find("finding-uphold")?.click();
    await until(() => expect(document.querySelector(".el-message-box")).not.toBeNull());
    document.querySelector<HTMLElement>(".el-message-box .el-button--primary")?.click();
    await until(() => expect(find("finding-problem")?.textContent).toContain("已有结论"));
  });

  it("flags a rule whose findings are too seldom upheld", async () => {
    await show("supervisor");
    find("quality-tab-rules")?.querySelector("input")?.click();
    await until(() => expect(find("rule-flagged")).not.toBeNull());
    expect(find("rule-switch")).toBeNull();
  });

  it("draws a sample and judges it order by order", async () => {
    await show("supervisor");
    find("quality-tab-specials")?.querySelector("input")?.click();
    await until(() => expect(find("special-open")).not.toBeNull());
    find("special-open")?.click();
    await until(() => expect(find("special-next")).not.toBeNull());
    find("special-ok")?.click();
    await until(() => expect(find("special-next")).toBeNull());
    const judged = sent.find((one) => one.url.includes("/orders/12"));
    expect(judged?.body).toEqual({ verdict: "ok", rules: [], note: "" });
  });

  it("shows a department its findings and the coverage alone", async () => {
    await show("department");
    await until(() => expect(find("finding-object")).not.toBeNull());
    expect(find("finding-uphold")).toBeNull();
    expect(find("quality-tab-rules")).toBeNull();
    find("quality-tab-coverage")?.querySelector("input")?.click();
    await until(() => expect(find("quality-coverage")?.textContent).toContain("9 / 10"));
  });
});

describe("the check before closing", () => {
  it("shows what is wrong, and asks again for another closing kind", async () => {
    const order = { id: 12, version: 1, reply: "x", state: "replied" } as unknown as OrderDetail;
    app = createApp({ render: () => h(ReplyCheck, { order }) });
    installElements(app);
    app.mount("#app");
    await until(() => expect(find("reply-check-finding")?.textContent).toContain("推诿"));
    expect(find("reply-check-score")?.textContent).toBe("60");
    expect(find("reply-check-presumed")?.textContent).toContain("按“已解决”办结检查");
    find("reply-check-kind")?.querySelector("input")?.click();
    await nextTick();
    await until(() => expect(find("reply-check-clean")).not.toBeNull());
    expect(find("reply-check-presumed")).toBeNull();
    expect(sent.at(-1)?.url).toContain(encodeURIComponent("已解决"));
  });
});
