"""Ready-made questions to an assistant that has the tools."""

from __future__ import annotations

from collections.abc import Mapping

from devkit.errors import UsageError
from devkit.records import dataclass
from devkit.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """`arguments` are name, description and whether it is needed; `text` has them in braces."""

    name: str
    title: str
    about: str
    arguments: tuple[tuple[str, str, bool], ...]
    text: str
    defaults: Mapping[str, str]


PROMPTS: Registry[Prompt] = Registry(
    "prompt",
    [
        Prompt(
            name="frontend-behaviour",
            title="How does my frontend behave when …?",
            about="Plays a scenario to the frontend, and tells what it does about it.",
            arguments=(
                ("scenario", "Such as expired-token; or the failure in your own words.", False),
                ("frontend", "How the frontend is run or tested, such as `npx playwright test`.", False),
            ),
            defaults={"scenario": "expired-token", "frontend": "the project's own tests or dev server"},
            text="Find out how my frontend behaves in this failure: {scenario}.\n\n"
            "1. Call `sandbox` for the address that the frontend has to call, and `scenarios` to find the scenario "
            "that fits (or compose one with `faults` and `scenario` check and try).\n"
            "2. Start it with `drill`, and let the frontend use the sandbox: {frontend}. Configure the address, do not "
            "change the frontend's code.\n"
            "3. Finish the drill. Tell me the verdict with its reasons, what the frontend sent (`journal`), and where "
            "in the code that is decided. Propose a change; make it only if I say so.",
        ),
        Prompt(
            name="mock-this-backend",
            title="Mock the backend of this project",
            about="Writes a backend.yaml for the API that the project's frontend calls.",
            arguments=(("source", "Where the API is described or called: a file, a folder, a URL.", False),),
            defaults={"source": "the code of this project"},
            text="Write a backend.yaml for devkit that describes the API in {source}.\n\n"
            "Read the page devkit://docs/your-backend first. Describe resources rather than single answers, and who "
            "has to be signed in. Check it with `contract` (check) until it is sound, then tell me what you were not "
            "sure of.",
        ),
        Prompt(
            name="verify-backend",
            title="Is the real backend what the frontend was built for?",
            about="Measures a running backend, and explains what departs.",
            arguments=(("url", "Where it runs, such as http://localhost:9000.", True),),
            defaults={},
            text="Measure the backend at {url} with `verify`. For each finding tell me what a user of the frontend "
            "would notice, where in the backend's code it comes from if it is in this project, and what the smallest "
            "change would be. Order them by what hurts most.",
        ),
    ],
    key=lambda prompt: prompt.name,
)


def filled(prompt: Prompt, given: Mapping[str, str]) -> str:
    """Its text with these arguments. Raises UsageError for one that is missing or not known."""
    known = [name for name, _, _ in prompt.arguments]
    missing = [name for name, _, needed in prompt.arguments if needed and not given.get(name)]
    spare = [name for name in given if name not in known]
    if missing or spare:
        what = f"needs {', '.join(missing)}" if missing else f"has no argument {', '.join(spare)}"
        raise UsageError(f"The prompt {prompt.name} {what}.", remedy=f"Its arguments: {', '.join(known)}.")
    text = prompt.text
    for name in known:
        text = text.replace(f"{{{name}}}", given.get(name) or prompt.defaults.get(name, ""))
    return text
