/** 工作台: the console's entry. */

import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { createApp } from "vue";
import App from "./App.vue";
import { installElements } from "./elements";
import { router } from "./router";
import "./console.css";

dayjs.locale("zh-cn");

const app = createApp(App);
installElements(app);
app.use(router);
app.mount("#app");
