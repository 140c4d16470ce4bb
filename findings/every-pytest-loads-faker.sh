#!/usr/bin/env bash
# A library that draws names is loaded, with all that it knows, by every run of pytest beside it, whoever uses it.
#
# Faker 40.63.0, pytest 9.1.0; Python 3.11 or newer.
#
# Guess: a package for test data costs the tests that draw from it. What it brings for pytest, a fixture called `faker`,
# is there when a test asks for it.
# Seen: the fixture's module is an entry point of the group `pytest11`, which pytest imports at each start ("How pytest
# finds and loads plugins", "Plugin discovery order at tool startup"), and it imports `faker` itself at the top: dozens
# of its modules, for one test that asks for nothing. So each start, and each worker's, takes the longer. With
# `-p no:faker` there is none; a plugin whose fixture imports what it needs would do without that as well.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check faker==40.63.0 pytest==9.1.0
cat > "$work/test_it.py" <<'PY'
import sys


def test_nothing():
    print("loaded:", sum(name.partition(".")[0] == "faker" for name in sys.modules))
PY

loaded() {
    (cd "$work" && PYTEST_ADDOPTS='' venv/bin/python -m pytest -q -s -p no:cacheprovider "$@" test_it.py) | sed -n 's/.*loaded: //p'
}

usual=$(loaded)
spared=$(loaded -p no:faker)
echo "modules of faker in a suite that asks for nothing: $usual; with -p no:faker: $spared"
[ "$usual" -ge 30 ] && [ "$spared" -eq 0 ]
