/** Entry of widget.js: defines `<hotline-widget>` once, with the script's own origin as the default server. */

import { HotlineWidget, setScriptOrigin } from "./element";

const script = document.currentScript as HTMLScriptElement | null;
if (script?.src) setScriptOrigin(new URL(script.src).origin);

if (!customElements.get("hotline-widget")) customElements.define("hotline-widget", HotlineWidget);
