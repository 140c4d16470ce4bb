"""Tests that are not for the second devkit of `DEVKIT_TEST_THROUGH_PROXY`, by what they look at."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch

import pytest

NOT_THERE: dict[str, tuple[str, ...]] = {
    "what is wrong with bytes is told, and noted, by whoever reads them first": (
        "tests/server/test_unreadable.py::test_a_page_is_told_*",
        "tests/server/test_unreadable.py::test_half_a_head_is_408_and_says_which_request_it_was",
        "tests/server/test_unreadable.py::test_the_log_says_why_a_browser_*",
        "tests/server/test_unreadable.py::test_the_request_that_is_told_of_is_the_one_that_is_wrong",
        "tests/server/test_unreadable.py::test_the_sandbox_that_was_meant_tells_of_it",
        "tests/server/test_unreadable.py::test_what_is_another_protocol_is_named",
        "tests/server/test_bounds.py::test_an_address_that_is_refused_for_its_length_is_cut_as_well",
        "tests/server/test_silent_bodies.py::test_nothing_is_left_of_an_upload_that_fell_silent",
        "tests/server/test_silent_bodies.py::test_a_fault_that_does_not_read_on_is_no_silence_of_the_client",
        "tests/server/test_ws_origins.py::test_a_foreign_page_may_not_*",
        "tests/contract/test_cors.py::test_an_unlisted_origin_gets_nothing_and_the_journal_*",
        "tests/contract/test_everywhere.py::test_a_request_that_reaches_no_dialect_does_not_vanish",
    ),
    "its address is that of the server behind: the client calls another one": (
        "tests/server/test_addresses.py::*",
        "tests/server/test_heads.py::test_addresses_in_answers_keep_port_and_brackets_in_every_form",
        "tests/server/test_front.py::test_a_program_that_waits_sees_that_the_server_is_ready",
        "tests/server/test_ws_origins.py::test_a_page_of_the_servers_own_host_may",
        "tests/contract/test_auth.py::test_the_link_of_the_mail_itself_verifies",
        "tests/contract/test_everywhere.py::test_addresses_in_answers_keep_to_the_version_that_was_asked",
        "tests/contract/test_social.py::test_a_browser_may_come_back_to_the_server_itself",
        "tests/contract/test_uploads.py::test_a_single_file_answers_itself",
    ),
    "sandboxes are the proxy's own, and their means, mails and sign-ins under way with them": (
        "tests/contract/test_models.py::test_every_sandbox_has_models_of_its_own",
        "tests/contract/test_social.py::test_a_new_account_whose_address_is_not_verified_gets_a_mail",
        "tests/contract/test_social.py::test_an_account_made_so_can_be_given_a_password",
        "tests/contract/test_social.py::test_a_sandbox_that_*",
        "tests/contract/test_social.py::test_a_reset_forgets_*",
        "tests/server/test_selection.py::*",
        "tests/server/test_sandbox_tokens.py::*",
        "tests/server/test_bounds.py::test_a_removed_sandbox_*",
        "tests/server/test_bounds.py::test_a_sandbox_that_has_filled_*",
        "tests/server/test_bounds.py::test_sandboxes_share_the_memory_*",
        "tests/server/test_ws_origins.py::test_it_is_told_in_the_sandbox_that_was_meant",
        "tests/server/test_overtaken_uploads.py::test_a_reset_on_a_full_disk_*",
        "tests/server/test_ws_expiry.py::test_a_clock_that_is_turned_by_the_control_plane_counts",
    ),
    "TLS ends at the proxy": ("tests/server/test_tls.py::*",),
    "cookies are made fit for who calls, so that this client sends those back that it keeps at the mock": (
        "tests/server/test_cookie_clients.py::test_browsers_get_secure_cookies_*",
        "tests/server/test_cookie_clients.py::test_the_log_says_of_a_401_*",
        "tests/server/test_ws_expiry.py::test_an_empty_token_beside_a_good_cookie_is_none",
    ),
    "what is handed on is held, with its request, until the collector comes": (
        "tests/server/test_bounds.py::test_an_answered_request_is_gone_*",
    ),
    "it counts what the server answers, and the proxy asks for more": (
        "tests/server/test_watch.py::test_an_answer_of_the_express_lane_*",
        "tests/server/test_watch.py::test_what_the_express_lane_is_given_*",
    ),
    "what gives no answer and may be asked again, is (RFC 9110, section 9.2.2)": (
        "tests/server/test_overtaken_uploads.py::test_content_that_is_deleted_while_it_is_asked_for_*",
    ),
    "a proxy says the version that it speaks (RFC 9112, section 2.3)": (
        "tests/server/test_upgrades.py::test_http_1_0_gets_no_100_continue",
    ),
}
"""Patterns of tests, by why they are left out."""


def leave_out(items: Iterable[pytest.Item]) -> None:
    """Skip those."""
    for item in items:
        name = item.nodeid.partition("[")[0]
        for reason, patterns in NOT_THERE.items():
            if any(fnmatch(name, pattern) for pattern in patterns):
                item.add_marker(pytest.mark.skip(reason=f"not through a proxy: {reason}"))
