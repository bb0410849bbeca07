// What every page does: messages, dialogs, search, theme, forms that cannot be sent twice.
import { watchHtmx } from "homecare/requests";
import { watchDialogs } from "homecare/dialogs";
import { watchForms } from "homecare/forms";
import { watchPalette } from "homecare/palette";
import { watchTheme } from "homecare/appearance";

watchHtmx();
watchDialogs();
watchForms();
watchPalette();
watchTheme();
