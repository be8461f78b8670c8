// What every page loads; each part starts where its place is in the page.

import "htmx.org";

import { startAttachments } from "./attachments.js";
import { startDialogs } from "./dialogs.js";
import { startOrders } from "./order.js";
import { startRender } from "./render/page.js";
import { startViewer } from "./render/viewer.js";
import { startTheme } from "./theme.js";
import { startAddOns } from "./upload/add_on.js";
import { startLibrary } from "./upload/library.js";
import { startNewRender } from "./upload/page.js";

startAddOns();
startAttachments();
startDialogs();
startOrders();
startTheme();

const starts = {
  "[data-library]": startLibrary,
  "[data-new-render]": startNewRender,
  "[data-render]": startRender,
  "[data-viewer]": startViewer,
};
for (const [place, start] of Object.entries(starts)) {
  const found = document.querySelector(place);
  if (found) start(found);
}
