"""The tools, resources and prompts as the SDK serves them: requests in, results and sentences out."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.shared.exceptions import MCPError

from devkit import __version__
from devkit.errors import OperatorError, UsageError
from devkit.mcp import prompts, resources, schemas
from devkit.mcp.base import Call, Means, Tool
from devkit.mcp.home import Home
from devkit.mcp.seat import Seats
from devkit.mcp.table import INSTRUCTIONS, TOOLS

log = logging.getLogger("devkit")

SESSION = "mcp-session-id"
"""The field by which a client of streamable HTTP keeps a session, up to the protocol's version 2025-11-25."""

_ALONE = "stdio"
"""The key of the client of a process's own streams."""

Context = ServerRequestContext[Any, Any]


class Answering:
    """What one process serves, whoever asks."""

    def __init__(self, home: Home, means: Means) -> None:
        self.home, self.means = home, means
        self.seats = Seats(home)
        self.server: Server[Any] = Server(
            "devkit",
            version=__version__,
            title="devkit, the mock backend",
            instructions=INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
        )

    async def close(self) -> None:
        """End what was made here: sandboxes, and a server of our own."""
        await self.seats.close()
        await self.home.close()

    async def _list_tools(self, context: Context, _: Any) -> types.ListToolsResult:
        apart = _key(context) is None
        return types.ListToolsResult(tools=[listed(tool, apart=apart) for tool in TOOLS])

    async def _call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            tool = TOOLS.find(params.name)
            given = dict(params.arguments or {})
            named = given.pop("sandbox", "")
            values = schemas.read(tool.name, tool.input, given)
            seat = await self.seats.of(
                _key(context),
                named if isinstance(named, str) else str(named),
                needed=not tool.anywhere,
                anew=tool.name == "sandbox" and values.action == "new",
            )

            async def progress(done: int, total: int, message: str) -> None:
                await context.session.report_progress(done, total, message)

            answer = await tool.run(Call(seat=seat, home=self.home, means=self.means, progress=progress), values)
        except OperatorError as error:
            return _failed(_told(error))
        except Exception as error:
            log.exception("the tool %s failed", params.name)
            return _failed(f"devkit failed in a way it should not ({type(error).__name__}); its stderr says why.")
        text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=answer)

    async def _list_resources(self, _: Context, __: Any) -> types.ListResourcesResult:
        return types.ListResourcesResult(
            resources=[
                types.Resource(
                    uri=one.uri, name=one.name, title=one.title, description=one.about, mime_type=one.media_type
                )
                for one in await asyncio.to_thread(lambda: [*resources.all_of_them()])
            ]
        )

    async def _list_templates(self, _: Context, __: Any) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(
            resource_templates=[
                types.ResourceTemplate(
                    uri_template=f"{resources.SCENARIOS}/{{name}}",
                    name="scenario",
                    title="A scenario's YAML",
                    description="As its file has it: to begin one of your own from.",
                    mime_type="application/yaml",
                )
            ]
        )

    async def _read_resource(self, _: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        uri = str(params.uri)
        try:
            media_type, text = await resources.read(self.home, uri)
        except UsageError as error:
            raise MCPError(types.INVALID_PARAMS, _told(error), {"uri": uri}) from None
        except OperatorError as error:
            raise MCPError(types.INTERNAL_ERROR, _told(error), {"uri": uri}) from None
        return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, mime_type=media_type, text=text)])

    async def _list_prompts(self, _: Context, __: Any) -> types.ListPromptsResult:
        return types.ListPromptsResult(
            prompts=[
                types.Prompt(
                    name=one.name,
                    title=one.title,
                    description=one.about,
                    arguments=[
                        types.PromptArgument(name=name, description=about, required=needed)
                        for name, about, needed in one.arguments
                    ],
                )
                for one in prompts.PROMPTS
            ]
        )

    async def _get_prompt(self, _: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        try:
            prompt = prompts.PROMPTS.find(params.name)
            text = prompts.filled(prompt, params.arguments or {})
        except UsageError as error:
            raise MCPError(types.INVALID_PARAMS, _told(error)) from None
        content = types.TextContent(type="text", text=text)
        return types.GetPromptResult(
            description=prompt.about, messages=[types.PromptMessage(role="user", content=content)]
        )


def listed(tool: Tool, *, apart: bool) -> types.Tool:
    """A tool as a client is told of it; `apart`: nothing is remembered between its calls, so it names its sandbox."""
    named = ("possible" if tool.anywhere or tool.name == "sandbox" else "needed") if apart else ""
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.about,
        input_schema=schemas.input_schema(tool.input, sandbox=named),
        output_schema=schemas.answer_schema(tool.answer),
        annotations=types.ToolAnnotations(
            read_only_hint=tool.acts == "reads",
            destructive_hint=tool.acts == "changes",
            open_world_hint=tool.outward,
        ),
    )


def _key(context: Context) -> str | None:
    """Who calls: the client of this process's streams, or that of a session; None where there is no session."""
    if context.request is None:
        return _ALONE
    found: str | None = context.request.headers.get(SESSION)
    return found


def _told(error: OperatorError) -> str:
    """All that is wrong, with what would be right."""
    return " ".join(f"{one.message} {one.remedy}" if one.remedy else one.message for one in error.mistakes)


def _failed(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)
