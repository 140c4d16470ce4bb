"""A seeded fuzzer of framing, JSON, forms, WebSocket frames and credentials, against a real server in its own process.

    python -m tests.reliability.fuzz --count 100000 --seed 21
    python -m tests.reliability.fuzz --seed 21 --only 4711        one input by itself, and what comes back

Whatever comes: nothing is answered with 5xx (505 aside, which HTTP has for other versions), all that is framed well is
answered, a strict reader can read the answers, the terminal shows no traceback and no credential, others are answered
meanwhile, memory and descriptors stay bounded, and no step of the loop takes longer than 50 ms of processor time. What
is wrong is printed with its number, and sent once more by itself. A hundred thousand inputs take half an hour; Ctrl-C
ends them early.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from pathlib import Path

from tests.process import serving
from tests.reliability.fuzzing.inputs import calls, made
from tests.reliability.fuzzing.playing import Figures, Player
from tests.reliability.telling import Progress, verdict

_SETTINGS = {
    # Small, so that limits are met, and soon.
    "DEVKIT_LIMITS_JSON": "64KiB",
    "DEVKIT_LIMITS_UPLOAD": "128KiB",
    "DEVKIT_LIMITS_HEADER_TIMEOUT": "2s",
    "DEVKIT_CHAT_TOKENS_PER_SECOND": "0",
    "DEVKIT_MODELS_START_DELAY": "10ms",
}


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.reliability.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--first", type=int, default=1, help="the number to begin with")
    parser.add_argument("--only", type=int, help="send this one alone, and show what comes back")
    parser.add_argument("--plain", action="store_true", help="as users start it, by uvloop where that is installed")
    told = parser.parse_args()
    if told.only is not None:
        return asyncio.run(_show(told.seed, told.only, plain=told.plain))
    begun = time.monotonic()
    with Progress(f"fuzzing, seed {told.seed}", told.count) as progress:
        figures = asyncio.run(play(told.seed, told.first, told.count, progress, plain=told.plain))
    sys.stdout.write(shown(figures, time.monotonic() - begun))
    return 1 if figures.wrong else 0


async def play(
    seed: int, first: int, count: int, progress: Progress, *, patience: float = 5.0, plain: bool = False
) -> Figures:
    """Send so many inputs to a new server. `patience`: seconds of the server's own
    processor time after which an answer counts as none."""
    # The documents are read once, while nobody waits.
    await asyncio.to_thread(calls)
    with tempfile.TemporaryDirectory(prefix="devkit-fuzz-") as name:
        folder = Path(name)
        steps = folder / "steps.jsonl"
        steps.touch()
        with serving(folder, "--db", "d.db", module=_module(plain), STEPS=str(steps), **_SETTINGS) as process:
            player = Player(process, steps, seed, progress, patience=patience)
            # Ctrl-C ends it early: what was found until then counts.
            with contextlib.suppress(asyncio.CancelledError):
                await player.play(first, count)
            if (status := process.stop()) != 0:
                player.tell(None, f"SIGTERM ended the server with {status}")
        return player.figures


async def _show(seed: int, number: int, *, plain: bool) -> int:
    """One input, its bytes, and what comes back."""
    one = made(seed, number)
    write = sys.stdout.write
    write(f"input {number} of seed {seed}, {one.family}, {len(one.pieces)} pieces, methods {one.methods}\n")
    for piece in one.pieces:
        write(f"  > {piece[:1500]!r}{'…' if len(piece) > 1500 else ''}\n")
    with tempfile.TemporaryDirectory(prefix="devkit-fuzz-") as name:
        folder = Path(name)
        steps = folder / "steps.jsonl"
        steps.touch()
        with serving(folder, "--db", "d.db", module=_module(plain), STEPS=str(steps), **_SETTINGS) as process:
            player = Player(process, steps, seed, Progress("", 1), patience=10.0)
            wrong, data = await player.send(one)
            write(f"  < {data[:3000]!r}\n")
            await asyncio.sleep(0.3)
            wrong += player.look([one])
            write(process.output[-3000:] + steps.read_text())
    write("".join(f"✗ {told}\n" for told in wrong) or "✓ nothing is wrong\n")
    return 1 if wrong else 0


def _module(plain: bool) -> str:
    """What runs the server: devkit by itself, or where the steps of its loop are measured."""
    return "devkit" if plain else "tests.reliability.fuzzing.watched"


def shown(figures: Figures, seconds: float) -> str:
    """What was found, for the terminal."""
    families = ", ".join(f"{name} {count:,}" for name, count in figures.families.most_common())
    statuses = ", ".join(f"{status} {count:,}" for status, count in sorted(figures.statuses.items()))
    return verdict(
        "nothing is wrong" if not figures.wrong else f"{figures.wrong:,} things are wrong; see above",
        good=not figures.wrong,
        figures={
            "inputs": f"{figures.inputs:,} in {seconds / 60:.1f} minutes",
            "of them": families,
            "answers": f"{figures.answers:,}",
            "statuses": statuses,
            "frames' bytes back": f"{figures.frames:,}",
            "closed without an answer": f"{figures.closed:,}",
            "left by us without an answer": f"{figures.open:,}",
            "others were answered within": figures.others(),
            "steps of the loop above 20 ms": figures.longest(),
            "memory": figures.memory(),
            "descriptors at the end": f"{figures.descriptors[-1]} (at the begin {figures.descriptors[0]})",
        },
    )


if __name__ == "__main__":
    raise SystemExit(main())
