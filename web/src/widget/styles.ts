/** 样式: the shadow root's style sheet, constructed so that a strict content security policy allows it. */

import css from "./widget.css?inline";

let sheet: CSSStyleSheet | null = null;

export function applyStyles(root: ShadowRoot): void {
  try {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
    }
    root.adoptedStyleSheets = [sheet];
  } catch {
    // Browsers before constructable style sheets (Safari below 16.4).
    const style = document.createElement("style");
    style.textContent = css;
    root.appendChild(style);
  }
}
