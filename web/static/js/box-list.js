// The list of photos to box: sends what an editor that is closed by now could not send.
import { sendLeftovers } from "./edits.js";

sendLeftovers();
