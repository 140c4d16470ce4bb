"""Writes docs/documents.md: what devkit makes of OpenAPI documents that others wrote.

    python docs/documents.py [--folder FOLDER]

The documents are fetched, in the versions that stand here, by `npm`, `pip` and `git`, into the folder (a temporary one,
if none is named; what is in it already is not fetched again). None of them is part of this repository.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from devkit.blueprint.base import Planned  # noqa: E402
from devkit.blueprint.documents.answers import best_of  # noqa: E402
from devkit.blueprint.documents.inferring import infer  # noqa: E402
from devkit.blueprint.documents.loading import load  # noqa: E402
from devkit.contract.keeping import ByResource, ByService  # noqa: E402


@dataclass(frozen=True)
class Document:
    """`where` is `npm:<name>@<version>`, `pypi:<name>==<version>`, `sdist:…` for its source, or the address of a git
    repository and a commit behind `@`. `counted` are its pairs of collection and item as a person counts them, and
    `right` how many of those are inferred right; 0 where nobody has counted.
    """

    name: str
    written_by: str
    where: str
    path: str
    counted: int = 0
    right: int = 0


DOCUMENTS = (
    Document(
        "GitHub",
        "GitHub",
        "npm:@octokit/openapi@23.0.2",
        "package/generated/api.github.com.json",
        counted=167,
        right=151,
    ),
    Document(
        "DigitalOcean, in 1,900 files",
        "hand",
        "https://github.com/digitalocean/openapi@7c1300c479fed9c353cda9fc21cd968619552304",
        "specification/DigitalOcean-public.v2.yaml",
        counted=94,
        right=85,
    ),
    Document(
        "Apache Airflow",
        "FastAPI",
        "pypi:apache-airflow-core==3.3.2",
        "airflow/api_fastapi/core_api/openapi/v2-rest-api-generated.yaml",
        counted=18,
        right=18,
    ),
    Document(
        "Spring Petclinic",
        "hand, for Spring",
        "https://github.com/spring-petclinic/spring-petclinic-rest@698bd832eac0da48e72deb63ce7ab275d98a88fb",
        "src/main/resources/openapi.yml",
    ),
    Document(
        "Discourse",
        "rswag (Rails)",
        "https://github.com/discourse/discourse_api_docs@6737ac2ab31321c6e0dedb76dd2d02fb145b54cb",
        "openapi.json",
    ),
    Document(
        "Albums",
        "drf-spectacular (Django)",
        "sdist:drf-spectacular==0.28.0",
        "drf_spectacular-0.28.0/tests/test_basic_oas_3_1.yml",
    ),
    Document(
        "Petstore 3.1",
        "hand",
        "npm:@readme/oas-examples@8.2.2",
        "package/3.1/json/petstore.json",
    ),
    Document(
        "Train Travel",
        "hand",
        "npm:@readme/oas-examples@8.2.2",
        "package/3.1/json/train-travel.json",
    ),
    Document(
        "Scalar Galaxy",
        "hand",
        "npm:@scalar/galaxy@0.2.20",
        "package/dist/latest.json",
    ),
    Document(
        "Tags of 3.2",
        "the OpenAPI Initiative",
        "https://github.com/OAI/learn.openapis.org@0847baee64cbc83b3531437503c35449c52a309b",
        "examples/v3.2/3.2-tags-example.yaml",
    ),
    Document(
        "QUERY of 3.2",
        "the OpenAPI Initiative",
        "https://github.com/OAI/learn.openapis.org@0847baee64cbc83b3531437503c35449c52a309b",
        "examples/v3.2/3.2-query-example.yaml",
    ),
    Document(
        "Kubernetes, core v1",
        "Kubernetes' API server",
        "https://github.com/kubernetes/kube-openapi@d427ff9ee9ad05f5da435abbb7c5929cb713ac56",
        "pkg/openapiconv/testdata_generated_from_k8s/v3_api.v1.json",
        counted=16,
        right=16,
    ),
)


def fetched(document: Document, folder: Path) -> Path:
    """The document's file, brought into the folder if it is not there yet."""
    place = folder / "".join(letter if letter.isalnum() else "-" for letter in document.where)
    if not place.is_dir():
        unfinished = place.with_name(f"{place.name}.part")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _fetch(document.where, unfinished)
        unfinished.rename(place)
    return place / document.path


def _fetch(where: str, into: Path) -> None:
    kind, _, package = where.partition(":")
    if kind == "https":
        address, _, commit = where.rpartition("@")
        _run("git", "init", "--quiet", at=into)
        _run("git", "fetch", "--quiet", "--depth", "1", address, commit, at=into)
        _run("git", "checkout", "--quiet", "FETCH_HEAD", at=into)
    elif kind == "npm":
        _run("npm", "pack", "--silent", package, at=into)
        _unpack(next(into.glob("*.tgz")), into)
    else:
        only = ["--no-binary", package.partition("==")[0]] if kind == "sdist" else []
        _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *only, package, at=into)
        _unpack(next(path for path in into.iterdir() if path.suffix in {".whl", ".gz"}), into)


def _run(*command: str, at: Path) -> None:
    subprocess.run(command, cwd=at, check=True, stdout=subprocess.DEVNULL)


def _unpack(archive: Path, into: Path) -> None:
    if archive.suffix == ".whl":
        shutil.unpack_archive(archive, into, "zip")
    else:
        shutil.unpack_archive(archive, into, "gztar", filter="data")
    archive.unlink()


def kept_by(operation: Planned) -> str:
    if isinstance(operation.keeping, ByResource):
        return "resource"
    if isinstance(operation.keeping, ByService):
        return "service"
    best = best_of(operation)
    if best is None or best.body is None:
        return "status"
    return "example" if best.body.examples else "schema"


def row_of(document: Document, path: Path, cache: Path) -> tuple[list[str], list[str]]:
    """The table's cells, and the sentences about what is no resource though it has a collection and items."""
    began = time.perf_counter()
    blueprint = load(path, cache)
    read = time.perf_counter()
    load(path, cache)
    again = time.perf_counter()
    kinds = Counter(kept_by(operation) for operation in blueprint.operations)
    refused = sum("is answered as for every path" in warning for warning in blueprint.warnings)
    pairs = infer(blueprint.operations, blueprint.components).pairs
    inferred = sum(not why for why in pairs.values())
    cells = [
        document.name,
        document.written_by,
        f"{len(blueprint.operations) + refused:,}",
        *(f"{kinds[kind]:,}" for kind in ("resource", "service", "example", "schema", "status")),
        f"{refused}",
        f"{inferred} of {len(pairs)}",
        f"{document.right} of {document.counted}" if document.counted else "–",
        f"{read - began:.2f}",
        f"{again - read:.2f}",
    ]
    return cells, [f"`{path}`: {why}" for path, why in pairs.items() if why]


HEADER = [
    "document", "written by", "operations", "resource", "service", "example", "schema", "status alone", "refused",
    "pairs inferred", "by hand", "s, first", "s, again",
]  # fmt: skip

TEXT = """\
# Documents that others wrote

What `devkit serve --contract openapi.json` makes of documents that nobody here wrote. `python docs/documents.py`
fetches them, in pinned versions, and writes this page; none of them is part of devkit.

An operation is kept by a **resource** (rows: what is created is found by list and get), by a **service** of devkit's
own (signing in, who am I), else by the document's **example**, else by a value made from the **schema**; where the
document promises no body, the **status alone** is the answer. **Refused** are HEAD, OPTIONS and TRACE, which are
answered as for every path.

A **pair** is a collection with items: `/orders` and `/orders/{{id}}`. Where nobody signs in, a document's login is an
operation like any other. **By hand** is how many of the paths that look like pairs are some, as a person sees who goes
through their list (GitHub's `/user` and `/user/{{account_id}}` are none), and of how many the list's shape, the member
that rows are called by and what each operation does were found to be right, without a line of YAML. That was read in
what was inferred, pair by pair, and not tried call by call. Seconds are those of one machine, to read the document for
the first time, and to read it again from what was kept of it.

Rows below something are kept apart. Where that is a resource too (`/customers/{{id}}/orders`), they refer to a row of
it, which must be there; where clients give the names, a name may be given once below each (a user is a member of two
teams). Where it is none, as at GitHub's `/repos/{{owner}}/{{repo}}/issues`, there is no list of what
`owner` and `repo` may be, and any will do: what is created in one repository is listed, read, changed and deleted in
that one alone, is a 404 in all others, and its id need be the only one there (`TOKEN` in two repositories is two
secrets; issues are counted in each). The rows of the seed are in every repository. The first write of issues in one
gives it issues of its own, which begin as the seeded ones, ids included: whoever changes or deletes a seeded issue does
so there alone. Members that say where a row is (`repository.full_name`) are made as others are. Where the same rows
are at a path without such parameters, too (`/orders` and `/shops/{{shop}}/orders`), they are the same below each.

{table}

Members of a row may be below another: below `attributes`, as JSON:API has it, or below `metadata`, as Kubernetes has
it, whose rows are called by the name there. Where no answer tells what rows are called by, but something makes them,
a `Location` does, or whoever puts one at its address; GitHub and DigitalOcean were counted by hand before such pairs
were rows. Kubernetes' eighteen others are proxies and watches, which are no collections. Stripe's document and one of
NestJS are not among these: they could not be had where this page was written.

Schemathesis (once and by hand, its phases of examples, coverage and fuzzing, all checks, in limited time, which often
ran out) finds no 5xx and nothing in the answers that their documents do not allow: 732 cases with valid requests of
Spring Petclinic and 3,876 of Airflow; valid and invalid requests, a minute or so each, of Discourse, Albums,
Petstore, Train Travel and Galaxy; valid ones alone of parts of GitHub and Kubernetes, and of the two smallest.
DigitalOcean's operations stand behind `$ref`, which it does not follow.

What it finds is that documents do not mention the 400, 404, 401 or 415 of what is wrong; and that these are refused
though their documents allow them: references to rows that are not there, names that are empty, bodies of null where a
row needs members, and XML or YAML instead of JSON for what is kept as rows.

## Pairs that are no resource, and why

{pairs}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="where documents are fetched to, and stay")
    folder = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as temporary:
        into = Path(folder or temporary)
        rows, sentences = [], []
        for document in DOCUMENTS:
            cells, whys = row_of(document, fetched(document, into), Path(temporary) / "cache")
            rows.append(cells)
            if whys:
                sentences.append("\n".join([f"**{document.name}**", "", *(f"- {why}" for why in whys)]))
            print(document.name, *cells[2:])
    lines = [HEADER, ["---", "---", *["---:"] * (len(HEADER) - 2)], *rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    page = ROOT / "docs" / "documents.md"
    page.write_text(TEXT.format(table=table, pairs="\n\n".join(sentences)), encoding="utf-8")
    print(f"wrote {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
