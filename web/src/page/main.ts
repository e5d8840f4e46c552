/** 市民页: header, tabs, large type, and the order query beside the widget. */

import "../widget/index";
import "./page.css";
import type { FiledOrder, ServiceInfo } from "../contract";
import { requestJson } from "../http";
import type { HotlineWidget } from "../widget/element";
import { QueryPanel } from "./query";
import { Tabs } from "./tabs";

function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`#${id} is missing from index.html`);
  return found as T;
}

const query = new QueryPanel(byId("panel-query"));
const tabs = new Tabs([byId("tab-chat"), byId("tab-query")], (id) => {
  document.body.classList.toggle("querying", id === "tab-query");
});

/** `#query` opens the query, `#query=CODE` fills in the code, as a text message may link to. */
function followHash(): void {
  const [place, code] = location.hash.slice(1).split("=");
  if (place === "query") {
    tabs.select("tab-query");
    if (code) query.fill(decodeURIComponent(code));
  }
}

async function showInfo(): Promise<void> {
  try {
    const info = await requestJson<ServiceInfo>("/api/info");
    const title = `${info.city}${info.hotline}政务服务便民热线`;
    document.title = title;
    byId("city").textContent = info.city;
    byId("hotline").textContent = info.hotline;
    byId("call").setAttribute("href", `tel:${info.hotline}`);
    query.mayNotify = (info.notifications ?? []).includes("email");
    if (info.demo) {
      byId("demo").textContent = info.notice || "本页为演示城市，所有内容均为虚构。";
      byId("demo").hidden = false;
    }
  } catch {
    // The page works without these names; the widget tells when the server cannot be reached.
  }
}

const widget = document.querySelector("hotline-widget") as HotlineWidget;
const large = byId<HTMLButtonElement>("large");

function showLarge(): void {
  const on = widget.hasAttribute("large");
  document.documentElement.classList.toggle("large", on);
  large.setAttribute("aria-pressed", String(on));
}

large.addEventListener("click", () => widget.setLarge(!widget.hasAttribute("large")));
widget.addEventListener("hotline-large", showLarge);
widget.addEventListener("hotline-order", (event) => {
  const { query_code: code } = (event as CustomEvent<FiledOrder>).detail;
  if (code) query.fill(code);
});
window.addEventListener("hashchange", followHash);
showLarge();
followHash();
void showInfo();
