// What MediaPipe's own JavaScript finds in frames of videos: the reference for Gesto's landmarks.
//
//   npm pack @mediapipe/holistic@0.5.1675471629 && tar xzf mediapipe-holistic-*.tgz
//   node reference.mjs --package package --out holistic.json VIDEO#FRAME ...
//
// --hands     the package is @mediapipe/hands@0.4.1675469240: palms are looked for, no body
// --track     frames in their order, each looked for where the one before had it; else each frame by itself
// --rounds N  go through the frames N times more and tell frames a second (with --track: a restart costs seconds)
// --root DIR  folder that the videos are relative to
//
// Needs ffmpeg and chromium. Inference is on the CPU, as in Gesto; the page draws on a software GPU.
import { createServer } from "node:http";
import { spawn, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    package: { type: "string" },
    out: { type: "string" },
    root: { type: "string", default: "." },
    hands: { type: "boolean", default: false },
    track: { type: "boolean", default: false },
    rounds: { type: "string", default: "0" },
    browser: { type: "string", default: "chromium" },
  },
});

// Exactly the pixels that Gesto decodes: see VideoFile.Decode.
function decode(path, frame) {
  const ppm = execFileSync(
    "ffmpeg",
    ["-v", "error", "-nostdin", "-threads", "1", "-i", path, "-vf", `select=eq(n\\,${frame})`, "-frames:v", "1",
      "-sws_flags", "bicubic", "-c:v", "ppm", "-pix_fmt", "rgb24", "-f", "image2pipe", "pipe:1"],
    { maxBuffer: 1 << 28 },
  );
  const [, width, height] = /^P6\n(\d+) (\d+)\n255\n/.exec(ppm.subarray(0, 30).toString("latin1"));
  const pixels = ppm.subarray(ppm.length - 3 * width * height);
  return { width: +width, height: +height, pixels };
}

const frames = positionals.map((name) => {
  const [path, frame] = name.split("#");
  const image = decode(join(options.root, path), +frame);
  return { name, ...image, sha256: createHash("sha256").update(image.pixels).digest("hex") };
});

const settings = { hands: options.hands, track: options.track, rounds: +options.rounds };
const page = `<!doctype html><script src="/package/${options.hands ? "hands" : "holistic"}.js"></script><script>
const settings = ${JSON.stringify(settings)}, frames = ${JSON.stringify(frames.map(({ width, height }) => ({ width, height })))};
const say = (path, value) => fetch(path, { method: "POST", body: JSON.stringify(value) });
(async () => {
  const solution = new (settings.hands ? Hands : Holistic)({ locateFile: (file) => "/package/" + file });
  solution.setOptions({ modelComplexity: 1, useCpuInference: true, selfieMode: false, minDetectionConfidence: 0.5,
    minTrackingConfidence: 0.5, ...(settings.hands ? { maxNumHands: 2 } : { smoothLandmarks: false }) });
  let results;
  solution.onResults((r) => { results = r; });
  const canvases = [];
  for (let i = 0; i < frames.length; i++) {
    const { width, height } = frames[i];
    const rgb = new Uint8Array(await (await fetch("/frame/" + i)).arrayBuffer());
    const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let p = 0; p < width * height; p++) rgba.set(rgb.subarray(3 * p, 3 * p + 3), 4 * p);
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
    canvases.push(canvas);
  }
  const list = (points) => points ? points.map((p) => [p.x, p.y, p.z, ...(p.visibility === undefined ? [] : [p.visibility])]) : null;
  const found = [];
  for (const canvas of canvases) {
    if (!settings.track) solution.reset();
    results = undefined;
    await solution.send({ image: canvas });
    found.push(settings.hands
      ? { hands: results.multiHandLandmarks.map(list), worlds: results.multiHandWorldLandmarks.map(list),
          labels: results.multiHandedness.map((h) => [h.label, h.score]) }
      : { pose: list(results.poseLandmarks), left: list(results.leftHandLandmarks), right: list(results.rightHandLandmarks),
          world: list(results.za ?? results.ea) });
    await say("/progress", found.length);
  }
  let seconds = 0;
  if (settings.rounds > 0) {
    const begun = performance.now();
    for (let round = 0; round < settings.rounds; round++)
      for (const canvas of canvases) await solution.send({ image: canvas });
    seconds = (performance.now() - begun) / 1000;
  }
  await say("/done", { found, seconds });
})().catch((e) => say("/failed", String(e && e.stack || e)));
</script>`;

const types = { js: "text/javascript", wasm: "application/wasm" };
const profile = mkdtempSync(join(tmpdir(), "gesto-reference-"));
let browser;

const server = createServer((request, response) => {
  const end = (code, body, type = "application/octet-stream") => {
    response.writeHead(code, { "content-type": type });
    response.end(body);
  };
  if (request.method === "POST") {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      end(204);
      const value = JSON.parse(Buffer.concat(parts).toString());
      if (request.url === "/progress") process.stderr.write(`\r${value}/${frames.length}`);
      else finish(request.url, value);
    });
  } else if (request.url === "/") end(200, page, "text/html");
  else if (request.url.startsWith("/frame/")) end(200, frames[+request.url.slice(7)].pixels);
  else if (request.url.startsWith("/package/")) {
    const name = normalize(request.url.slice(9));
    try {
      end(200, readFileSync(join(options.package, name)), types[name.split(".").pop()]);
    } catch {
      end(404, "");
    }
  } else end(404, "");
});

function finish(url, value) {
  process.stderr.write("\n");
  browser.kill();
  server.close();
  server.closeAllConnections();
  browser.once("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  if (url === "/failed") {
    process.stderr.write(`${value}\n`);
    process.exitCode = 1;
    return;
  }
  if (value.seconds > 0)
    process.stderr.write(`${(frames.length * settings.rounds / value.seconds).toFixed(2)} frames/s\n`);
  const round = (v) => typeof v === "number" ? Math.round(v * 1e6) / 1e6 : Array.isArray(v) ? v.map(round) : v;
  const named = frames.map(({ name, width, height, sha256 }, i) => ({ name, width, height, sha256,
    ...Object.fromEntries(Object.entries(value.found[i]).map(([key, of]) => [key, round(of)])) }));
  writeFileSync(options.out, `[\n${named.map((f) => JSON.stringify(f)).join(",\n")}\n]\n`);
}

server.listen(0, "127.0.0.1", () => {
  browser = spawn(options.browser, ["--headless", "--no-sandbox", "--disable-gpu-sandbox", "--use-gl=angle",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", `--user-data-dir=${profile}`,
    `http://127.0.0.1:${server.address().port}/`], { stdio: "ignore" });
});
