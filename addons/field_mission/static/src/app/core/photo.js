/** Photos: turned upright, reduced and re-encoded on the phone, which also drops their EXIF. */

const LONGEST_SIDE = 1600;
const QUALITIES = [0.8, 0.7, 0.6];
/** Above it a coarser quality is tried: a day of forty photos has to leave by a weak network. */
const LARGEST = 300 * 1024;

function encode(canvas, quality) {
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

/**
 * @param {Blob} file
 * @returns {Promise<{ bytes: ArrayBuffer, mimetype: string }>}
 */
export async function compress(file) {
    const bitmap = await createImageBitmap(file, {imageOrientation: "from-image"});
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    let blob = null;
    for (const quality of QUALITIES) {
        blob = await encode(canvas, quality);
        if (!blob || blob.size <= LARGEST) {
            break;
        }
    }
    if (!blob) {
        throw new Error("The picture could not be encoded");
    }
    // An ArrayBuffer, not a Blob: Safari has a long history of losing Blobs in its database.
    return {bytes: await blob.arrayBuffer(), mimetype: "image/jpeg"};
}
