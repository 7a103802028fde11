import {App, whenReady} from "@odoo/owl";
import {getTemplate} from "@web/core/templates";
import {FieldApp} from "./components/app";
import {_t, translateTemplate} from "./core/i18n";
import {FieldStore} from "./core/store";

// Not an async function called at once: the bundler writes the lines before it without semicolon.
whenReady().then(async () => {
    const store = await FieldStore.create();
    const app = new App(FieldApp, {
        getTemplate,
        env: {store},
        translateFn: translateTemplate,
        translatableAttributes: ["aria-label", "title", "placeholder", "alt"],
        warnIfNoStaticProps: false,
    });
    document.title = _t("My day");
    const mounted = await app.mount(document.body);
    // For whoever measures how fast it opens.
    performance.mark("drawn");
    return mounted;
});
