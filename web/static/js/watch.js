// The form of a watched folder: browses the server's folders.
import { offerFolders } from "./folders.js";

// An invalid field may be in closed details, where the browser cannot show it.
document
  .querySelector("#watch")
  .addEventListener("invalid", (event) => event.target.closest("details")?.setAttribute("open", ""), true);

offerFolders();
