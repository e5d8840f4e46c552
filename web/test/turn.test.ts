import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FiveElements } from "../src/contract";
import { open } from "./page";
import { reply, Server } from "./server";

const ELEMENTS: FiveElements = {
  place: "望湖社区3号楼",
  time: "昨晚11点",
  subject: "烧烤店",
  event: "放音响",
  demand: "",
};

let server: Server;

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  server = new Server();
});

afterEach(() => {
  document.body.textContent = "";
  vi.unstubAllGlobals();
});

describe("answers", () => {
  it("shows markup as text wherever it comes from", async () => {
    const markup = '<img src=x onerror="alert(1)"><b>粗体</b>';
    server.replies = [
      reply(markup, {
        citations: [{ entry_id: "1", title: markup, locator: markup, source: markup }],
        options: [{ id: "a", label: markup }],
        related: [{ entry_id: "2", title: markup }],
        expects: "confirm",
        draft: { type: markup, text: markup, elements: { ...ELEMENTS, place: markup }, name: markup, phone: "" },
        order: { number: markup, query_code: markup, state_name: markup },
      }),
    ];
    const page = await open();
    await page.say(markup);
    expect(page.root.querySelector("img")).toBeNull();
    expect(page.root.querySelector(".text b, .card b, .choices b, .citations b b")).toBeNull();
    expect(page.all("reply-text").at(-1)?.textContent).toBe(markup);
    expect(page.get("turn-text").querySelector(".text")?.textContent).toBe(markup);
  });

  it("lists citations with title, locator and source, folded", async () => {
    server.replies = [
      reply("可以提取。", {
        citations: [{ entry_id: "1", title: "住房公积金管理条例", locator: "第二十四条", source: "国务院令第844号" }],
      }),
    ];
    const page = await open();
    await page.say("能提取吗");
    expect(page.get<HTMLDetailsElement>("citations").open).toBe(false);
    expect(page.get("citations").querySelector("summary")?.textContent).toBe("依据（1）");
    expect(page.get("citation").textContent).toBe("住房公积金管理条例第二十四条来源：国务院令第844号");
  });

  it("lists several citations, related questions and the options that the server adds", async () => {
    const citation = (entry_id: string, title: string) => ({ entry_id, title, locator: "", source: "" });
    server.replies = [
      reply("可以。", {
        citations: [citation("1", "条例"), citation("2", "办法"), citation("3", "通知")],
        related: [
          { entry_id: "4", title: "需要哪些材料？" },
          { entry_id: "5", title: "在哪里办？" },
        ],
        options: [
          { id: "human", label: "转人工" },
          { id: "intake", label: "登记诉求" },
        ],
      }),
    ];
    const page = await open();
    await page.say("能提取吗");
    expect(page.all("citation").map((one) => one.textContent)).toEqual(["条例", "办法", "通知"]);
    expect(page.all("related").map((one) => one.textContent)).toEqual(["需要哪些材料？", "在哪里办？"]);
    page.get("option-human").click();
    await page.settled();
    expect(server.said().at(-1)).toEqual({ text: "转人工", option: "human" });
  });

  it("asks a related question by its title", async () => {
    server.replies = [reply("可以。", { related: [{ entry_id: "2", title: "需要哪些材料？" }] })];
    const page = await open();
    await page.say("能提取吗");
    page.get("related").click();
    await page.settled();
    expect(server.said().at(-1)).toEqual({ text: "需要哪些材料？", option: null });
  });

  it("marks an answer as helpful only where that is offered", async () => {
    server.replies = [reply("可以。", { feedback: true })];
    const page = await open();
    expect(page.find("helpful-yes")).toBeNull();
    await page.say("能提取吗");
    page.get("helpful-no").click();
    await vi.waitFor(() => expect(page.get("helpful-no").getAttribute("aria-pressed")).toBe("true"));
    const asked = server.asked.at(-1);
    expect(asked?.path).toBe("/api/conversations/c1/turns/2/helpful");
    expect(asked?.body).toEqual({ helpful: false });
  });

  it("offers the emergency numbers it names to be called, and no others", async () => {
    server.replies = [reply("请离开房屋，拨打119，有人受伤拨打120。楼层18，房号1201。", { outcome: "emergency" })];
    const page = await open();
    await page.say("着火了");
    const links = [...page.root.querySelectorAll<HTMLAnchorElement>(".dial a")].map((link) =>
      link.getAttribute("href"),
    );
    expect(links).toEqual(["tel:119", "tel:120"]);
  });
});

describe("cards", () => {
  it("shows the draft's five elements to confirm, telling what is missing", async () => {
    server.replies = [
      reply("请核对。", {
        outcome: "intake",
        expects: "confirm",
        draft: { type: "投诉", text: "楼下太吵", elements: ELEMENTS, name: "", phone: "138****0000" },
        options: [{ id: "confirm", label: "确认提交" }],
      }),
    ];
    const page = await open();
    await page.say("我要投诉");
    const rows = [...page.get("draft-card").querySelectorAll("dl > *")].map((cell) => cell.textContent);
    expect(rows).toEqual([
      "地点",
      "望湖社区3号楼",
      "时间",
      "昨晚11点",
      "被反映对象",
      "烧烤店",
      "事件经过",
      "放音响",
      "诉求目的",
      "未填写",
      "联系方式",
      "138****0000",
    ]);
    expect(page.get("option-confirm").textContent).toBe("确认提交");
  });

  it("gives order number and query code, and tells the page", async () => {
    server.replies = [
      reply("已登记。", {
        outcome: "filed",
        order: { number: "20261121000123", query_code: "K7QX9MTR", state_name: "已受理" },
      }),
    ];
    const page = await open();
    const heard: unknown[] = [];
    page.root.host.addEventListener("hotline-order", (event) => heard.push((event as CustomEvent).detail));
    await page.say("确认");
    expect(page.get("order-number").textContent).toBe("20261121000123");
    expect(page.get("query-code").textContent).toBe("K7QX9MTR");
    expect(heard).toEqual([{ number: "20261121000123", query_code: "K7QX9MTR", state_name: "已受理" }]);
  });

  it("rates with five labelled buttons, best first, using the server's ids", async () => {
    const names = ["非常不满意", "不满意", "基本满意", "满意", "非常满意"];
    server.replies = [
      reply("您满意吗？", {
        outcome: "callback",
        expects: "rating",
        options: [
          ...names.map((label, index) => ({ id: `rate:${index + 1}`, label })),
          { id: "skip", label: "以后再说" },
        ],
      }),
    ];
    const page = await open();
    await page.say("好");
    const row = [...page.root.querySelectorAll(".rating")].map((button) => button.textContent);
    expect(row).toEqual(["5非常满意", "4满意", "3基本满意", "2不满意", "1非常不满意"]);
    expect(page.all("option-rate:5")).toHaveLength(0);
    expect(page.find("option-skip")).not.toBeNull();
    page.get("rating-2").click();
    await page.settled();
    expect(server.said().at(-1)).toEqual({ text: "不满意", option: "rate:2" });
  });

  it("rates in words when the server names no options", async () => {
    server.replies = [reply("您满意吗？", { outcome: "callback", expects: "rating" })];
    const page = await open();
    await page.say("好");
    page.get("rating-5").click();
    await page.settled();
    expect(server.said().at(-1)).toEqual({ text: "非常满意", option: null });
  });
});

describe("for everyone", () => {
  it("switches large type on and remembers it", async () => {
    const page = await open();
    page.get("large-type").click();
    expect(page.root.host.hasAttribute("large")).toBe(true);
    expect(page.get("large-type").getAttribute("aria-pressed")).toBe("true");
    expect((await open()).root.host.hasAttribute("large")).toBe(true);
  });

  it("names its parts to assistive technology", async () => {
    const page = await open();
    expect(page.get("chat-log").getAttribute("role")).toBe("log");
    expect(page.get("chat-log").getAttribute("aria-live")).toBe("polite");
    expect(page.root.querySelector("label[for=input]")?.textContent).toBeTruthy();
    for (const button of page.root.querySelectorAll("button")) expect(button.textContent?.trim()).toBeTruthy();
  });
});
