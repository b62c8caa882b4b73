"""The workbench as a browser has it: what is sent, when something can be seen on a slow line, and frames of the map.

    python benchmarks/workbench_view.py [--city astana] [--seconds 6]

The line is like slow 3G: 400 ms to answer, 400 kbit/s, at phone width, nothing kept from before, the model of the city
open already. Frames are counted on a desktop window while the map is dragged to and fro with zones and lines shown;
graphics are drawn by the processor (SwiftShader), as on a machine without a graphics card.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright
from workbench import Officer, Server, prepare, until

GRAPHICS = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
COUNT = """seconds => new Promise(done => { const at = []; const end = performance.now() + seconds * 1000;
  const look = now => { at.push(now); now < end ? requestAnimationFrame(look) : done(at) };
  requestAnimationFrame(look) })"""


def page_of(browser: Any, server: Server, session: str, width: int, height: int) -> Page:
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en", reduced_motion="reduce")
    context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://127.0.0.1:{server.port}"}])
    context.set_default_timeout(120_000)
    return context.new_page()


def slow(page: Page, address: str) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000,
    })  # fmt: skip
    kinds: dict[str, str] = {}
    sent: dict[str, float] = defaultdict(float)
    line.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["response"]["url"]}))
    line.on("Network.loadingFinished", lambda e: sent.__setitem__(e["requestId"], e["encodedDataLength"]))
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(".tabs-bar button").first.wait_for()
    frame = time.perf_counter() - began
    page.locator("#add-change").wait_for()
    usable = time.perf_counter() - began
    before = sum(sent.values())
    page.locator(".maplibregl-canvas").wait_for()
    drawn = time.perf_counter() - began
    page.wait_for_load_state("networkidle")
    groups: dict[str, float] = defaultdict(float)
    for key, size in sent.items():
        url = kinds.get(key, "")
        group = "map data" if "pmtiles" in url or "/layers/" in url else "answers" if "/api/" in url else "program"
        groups[group] += size
    print(f"slow line, phone width: frame {frame:.1f} s, lists and forms {usable:.1f} s "
          f"({before / 1000:.0f} kB by then), map {drawn:.1f} s")  # fmt: skip
    print("sent, compressed: " + ", ".join(f"{name} {size / 1000:,.0f} kB" for name, size in sorted(groups.items())))


def frames(page: Page, address: str, seconds: float) -> None:
    page.goto(f"{address}")
    page.locator(".maplibregl-canvas").wait_for()
    page.wait_for_load_state("networkidle")
    time.sleep(2.0)
    box = page.locator(".maplibregl-canvas").first.bounding_box()
    assert box is not None
    x, y = box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"]
    page.evaluate(f"window.counting = ({COUNT})({seconds}); 0")
    page.mouse.move(x, y)
    page.mouse.down()
    end, k = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        k += 1
        page.mouse.move(x + 180 * np.sin(k / 9), y + 120 * np.cos(k / 7))
        time.sleep(0.016)  # as often as a hand is asked for, not as fast as a program can
    page.mouse.up()
    at = np.array(page.evaluate("window.counting"))
    gaps = np.diff(at)
    p50, p95 = np.percentile(gaps, [50, 95])
    print(f"map while dragged: {1000 * (len(at) - 1) / (at[-1] - at[0]):.0f} frames a second; "
          f"between frames p50 {p50:.0f} ms, p95 {p95:.0f} ms ({len(at)} frames)")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--city", default="astana")
    parser.add_argument("--seconds", type=float, default=6.0)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="shaar-view-"))
    session = prepare(home, Path(asked.city))
    server = Server(home, Path(asked.city), home / "server.log")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        officer = Officer(server, session)
        until(lambda: officer.ask("GET", "/workbench/api/city"))
        address = f"http://127.0.0.1:{server.port}/workbench/"
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", *GRAPHICS])
            print(f"{asked.city}, Chromium {browser.version}, {date.today()}")
            slow(page_of(browser, server, session, 360, 740), address)
            frames(page_of(browser, server, session, 1280, 800), address, asked.seconds)
            browser.close()
    finally:
        server.end()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
