import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h } from "vue";
import { Assist, verdictOf } from "../src/console/assist";
import AssistPanel from "../src/console/components/AssistPanel.vue";
import { installElements } from "../src/console/elements";
import type { Suggestions } from "../src/knowledge-contract";

const DRAFT = "职工租房可以提取住房公积金，凭身份证和租赁合同到窗口或网上办理。";

function suggestions(more: Partial<Suggestions> = {}): Suggestions {
  const hit = {
    entry_id: "e1",
    kind: "faq" as const,
    title: "租房怎么提取公积金？",
    locator: "",
    text: DRAFT,
    score: 0.9,
    source: "《办法》",
    passage: { start: 0, end: 13 },
  };
  return {
    id: 5,
    query: "租房",
    hits: [hit],
    similar: [],
    drafts: [{ from: "entry", entry_id: "e1", number: "", text: DRAFT }],
    candidates: [],
    ...more,
  };
}

/** Other work may hold up the machine. */
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });

let sent: { path: string; body: unknown }[];
let answers: Response[];
let app: App | null = null;

const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });
const find = <T extends HTMLElement>(testid: string): T | null =>
  document.querySelector<T>(`[data-testid="${testid}"]`);

beforeEach(() => {
  sent = [];
  answers = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    sent.push({ path: String(url), body: init.body ? JSON.parse(String(init.body)) : null });
    return answers.shift() ?? new Response(null, { status: 204 });
  });
});

afterEach(() => {
  app?.unmount();
  app = null;
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
});

async function loaded(found = suggestions()): Promise<Assist> {
  const assist = Assist.create();
  answers.push(json(found));
  await assist.load({ order: "20261121000007" });
  return assist;
}

function mount(assist: Assist, more: Record<string, unknown> = {}): void {
  document.body.innerHTML = "<div id=app></div>";
  app = createApp({ render: () => h(AssistPanel, { assist, ...more }) });
  installElements(app);
  app.mount("#app");
}

describe("a verdict on suggestions", () => {
  const inserted = [{ text: DRAFT, entry_id: "e1" }];

  it("follows from the reply that was sent", () => {
    expect(verdictOf(`  ${DRAFT}\n`, inserted)).toEqual({ verdict: "accepted", entry_id: "e1" });
    expect(verdictOf(`您好！${DRAFT}祝您生活愉快。`, inserted)).toEqual({ verdict: "edited", entry_id: "e1" });
    expect(verdictOf("已安排路灯维修，三天内完成。", inserted)).toBeNull();
    expect(verdictOf(DRAFT, [])).toBeNull();
  });

  it("names the entry most of which stands in the reply", () => {
    const both = [{ text: "路灯由城管局维修，请拨打电话报修。", entry_id: "e2" }, ...inserted];
    expect(verdictOf(`${DRAFT}谢谢。`, both)?.entry_id).toBe("e1");
  });

  it("is stored once", async () => {
    const assist = await loaded();
    expect(sent[0]?.path).toBe("/api/console/suggestions?order=20261121000007");
    assist.insert(DRAFT, "e1");
    await assist.sent(DRAFT);
    await assist.decide("rejected");
    expect(sent.slice(1).map((one) => one.body)).toEqual([
      { id: 5, verdict: "accepted", entry_id: "e1", final_text: DRAFT },
    ]);
    expect(assist.verdict).toBe("accepted");
  });

  it("that could not be stored is tried again, unless it was told elsewhere", async () => {
    const assist = await loaded();
    answers.push(json({ error: { code: "internal", message: "服务暂时不可用。" } }, 500));
    expect(await assist.decide("rejected")).toBe(false);
    expect(assist.unsaved?.verdict).toBe("rejected");
    answers.push(json({ error: { code: "conflict", message: "采用情况已登记。" } }, 409));
    await assist.retry();
    expect([assist.unsaved, assist.problem]).toEqual([null, "采用情况已登记。"]);
  });

  it("is not told of what was not recorded", async () => {
    const assist = await loaded(suggestions({ id: null }));
    expect(assist.open).toBe(false);
    expect(await assist.decide("accepted")).toBe(false);
    expect(sent).toHaveLength(1);
  });

  it("does not reach the order that is looked at next", async () => {
    const assist = Assist.create();
    answers.push(json(suggestions()));
    const loading = assist.load({ order: "1" });
    assist.forget();
    await loading;
    expect(assist.found).toBeNull();
  });
});

describe("the panel", () => {
  it("marks the passage and puts a draft into the reply", async () => {
    const heard: string[] = [];
    const assist = await loaded();
    mount(assist, { insertable: true, onInsert: (text: string) => heard.push(text) });
    expect(find("passage")?.textContent).toBe("职工租房可以提取住房公积金");
    find("assist-insert")?.click();
    expect(heard).toEqual([DRAFT]);
    expect(assist.inserted).toEqual([{ text: DRAFT, entry_id: "e1" }]);
    expect(find("assist-accept")).toBeNull();
  });

  it("stores an edited draft with its words where no reply is written", async () => {
    const assist = await loaded();
    mount(assist);
    find("assist-edit")?.click();
    await until(() => expect(find("assist-edit-save")).not.toBeNull());
    const field = document.querySelector("textarea") as HTMLTextAreaElement;
    field.value = "口头答复：可以提取。";
    field.dispatchEvent(new Event("input"));
    find("assist-edit-save")?.click();
    await until(() => expect(find("assist-verdict")?.textContent).toContain("修改后采用"));
    expect(sent.at(-1)?.body).toEqual({
      id: 5,
      verdict: "edited",
      entry_id: "e1",
      final_text: "口头答复：可以提取。",
    });
  });

  it("says what to do when nothing was found, and asks only when told to", async () => {
    mount(await loaded(suggestions({ hits: [], drafts: [] })));
    expect(find("assist-empty")?.textContent).toContain("知识库");
    app?.unmount();
    let asked = 0;
    mount(Assist.create(), { onDemand: true, onLoad: () => asked++ });
    find("assist-load")?.click();
    expect(asked).toBe(1);
  });
});
