/** Reading bar codes: by the browser itself, else (iPhone) by a library that is fetched once. */

import {buildZXingBarcodeDetector} from "@web/core/barcode/ZXingBarcodeDetector";

const LIBRARY = "/web/static/lib/zxing-library/zxing-library.js";

async function hasNative() {
    const formats = await window.BarcodeDetector?.getSupportedFormats?.().catch(() => []);
    return Boolean(formats?.length);
}

function loadLibrary() {
    return new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = LIBRARY;
        script.onload = resolve;
        script.onerror = () => {
            script.remove();
            reject(new Error("no scanner"));
        };
        document.head.append(script);
    });
}

/** @returns {Promise<{detect: Function}>} rejected without a camera's API or without the library */
export async function getDetector() {
    if (!navigator.mediaDevices) {
        throw new Error("no camera");
    }
    if (await hasNative()) {
        return new window.BarcodeDetector();
    }
    if (!window.ZXing) {
        await loadLibrary();
    }
    const Detector = buildZXingBarcodeDetector(window.ZXing);
    return new Detector();
}
