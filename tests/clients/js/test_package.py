"""@devkit/test as it is packed: both kinds of modules, its types, and pages of other networks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.clients.js.conftest import PACKAGE, Project
from tests.clients.js.test_examples import free_port
from tests.process import ROOT, serving

pytestmark = pytest.mark.slow

ENTRIES = [name for name in json.loads((PACKAGE / "package.json").read_text())["exports"] if name != "./package.json"]
ESM_ONLY = [name for name in ENTRIES if name.startswith("./vitest")]
"""As Vitest is."""
OUTSIDE = ("./cypress", "./jest", "./vitest")
"""What can be imported in a test of that runner alone."""


def test_it_is_imported_and_required_by_each_of_its_names(project: Project) -> None:
    names = {name: f"@devkit/test{name[1:]}" for name in ENTRIES if name not in OUTSIDE}
    lines = [f"await import('{name}');" for name in names.values()]
    project.done("node", "--input-type=module", "--eval", "\n".join(lines))
    required = [f"require('{name}');" for entry, name in names.items() if entry not in ESM_ONLY]
    project.done("node", "--input-type=commonjs", "--eval", "\n".join(required))
    ours = json.loads((project.folder / "node_modules" / "@devkit" / "test" / "package.json").read_text())
    assert (project.folder / "node_modules" / "@devkit" / "test" / "dist" / "esm" / "index.js").exists()
    assert "dependencies" not in ours


def test_its_types_resolve_as_its_code_does(project: Project) -> None:
    [tarball] = project.folder.glob("devkit-test-*.tgz")
    esm_only = [name.removeprefix("./") for name in ESM_ONLY]
    project.done("attw", tarball.name, "--profile", "node16", "--exclude-entrypoints", *esm_only)
    project.done("attw", tarball.name, "--profile", "esm-only", "--entrypoints", *esm_only)


def test_its_types_take_what_they_should_and_refuse_what_they_should(project: Project) -> None:
    shutil.copy(PACKAGE / "test" / "uses.ts", project.folder)
    more = ["--strict", "--noEmit", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"]
    project.done("tsc", *more, "--types", "node", "uses.ts")


SSR = """
    import {startDevkit} from '@devkit/test';
    const devkit = await startDevkit();
    const [one, other] = [await devkit.sandbox(), await devkit.sandbox()];
    process.env.DEVKIT_TEST_URL = devkit.url;
    await import('./examples/ssr/server.mjs');
    const address = `http://localhost:${process.env.FRONTEND_PORT}`;
    for (;;) {
        try { await (await fetch(address, {headers: one.headers})).text(); break; } catch {}
    }
    await (await fetch(address, {headers: {Cookie: `devkit_sandbox=${other.id}`}})).text();
    console.log((await one.calls('health.get')).count, (await other.calls('health.get')).count);
    await devkit.stop();
    process.exit();
"""


def test_a_page_that_is_rendered_on_a_server_asks_the_sandbox_of_its_request(project: Project) -> None:
    port = free_port()
    server = project.folder / "examples" / "ssr" / "server.mjs"
    server.write_text(server.read_text().replace("listen(3000)", f"listen({port})"))
    told = project.done("node", "--input-type=module", "--eval", SSR, FRONTEND_PORT=port)
    assert told.split() == ["1", "1"]


@pytest.fixture(scope="module")
def public(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Some server of this machine, which Chromium is told to take for one of the internet's."""
    with serving(tmp_path_factory.mktemp("public"), "--memory") as server:
        yield server.url


NETWORKS = """
import {{expect, test}} from '@devkit/test/playwright';

const args = ['--no-sandbox', '--ip-address-space-overrides={space}'];
test.use({{baseURL: '{url}', devkitBy: 'header', launchOptions: {{executablePath: process.env.CHROMIUM, args}}}});
{more}
test('a page of the internet calls the backend of this machine', async ({{page, devkit}}) => {{
  await page.goto('/api/health');
  const call = (url) => fetch(url, {{mode: 'no-cors'}}).then(() => 'called', String);
  expect(await page.evaluate(call, `${{devkit.serverUrl}}/api/health`)).toBe('called');
}});
"""


@pytest.mark.parametrize("granted", [True, False])
def test_chromium_lets_a_page_of_another_network_call_the_backend(
    project: Project, chromium: str, public: str, granted: bool
) -> None:
    """Local Network Access (Chromium since 142): without the permission the same page is refused."""
    folder = project.folder / f"networks-{granted}"
    folder.mkdir()
    more = "" if granted else "test.use({permissions: async ({}, use) => use([])});"
    port = public.rpartition(":")[2]
    space = f"127.0.0.1:{port}=public,[::1]:{port}=public"
    (folder / "networks.spec.js").write_text(NETWORKS.format(url=public, space=space, more=more))
    outcome = project.run("playwright", "test", "--reporter=line", at=folder.name, CHROMIUM=chromium)
    assert outcome.returncode == (0 if granted else 1), outcome.stdout
    assert ("Failed to fetch" in outcome.stdout) != granted, outcome.stdout


def test_nothing_but_what_is_built_is_packed(project: Project) -> None:
    packed = project.folder / "node_modules" / "@devkit" / "test"
    assert {path.name for path in packed.iterdir()} == {"dist", "package.json", "README.md", "LICENSE"}
    assert (packed / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
