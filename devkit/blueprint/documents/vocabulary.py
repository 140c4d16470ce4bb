"""What members and parameters are called in documents that others wrote, without regard to their style: `plain`."""

from __future__ import annotations

from functools import lru_cache

from devkit.blueprint.naming import words


@lru_cache(maxsize=8192)
def plain(name: str) -> str:
    """A name without its style: `nextPageToken`, `next_page_token` and `next-page-token` are one."""
    return "".join(words(name))


def _of(text: str) -> frozenset[str]:
    return frozenset(text.split())


ROWS = _of(
    "data items results result records rows values list entries content member hydramember objects elements edges nodes"
    " resources collection"
)
TOTAL = _of(
    "total totalcount totalitems totalelements totalresults totalrecords totalentries totalrows totalsize count"
    " numfound recordcount itemcount hydratotalitems allcount"
)
NEXT = _of(
    "next nextcursor nextpagetoken nexttoken nextpage nexturl nextlink nextpageurl nexthref nextpageid continue"
    " continuationtoken endcursor cursor after"
)
PREVIOUS = _of(
    "previous prev previouscursor prevcursor previouspage prevpage previousurl prevurl prevpageurl previouspageurl"
    " before"
)
MORE = _of("hasmore hasnext hasnextpage more hasmoreitems")
PAGE = _of("page currentpage pagenumber number pageindex pageno")
SIZE = _of("size perpage pagesize limit itemsperpage")
PAGES = _of("pages totalpages pagecount lastpage numpages pagescount")
AROUND = (ROWS | TOTAL | NEXT | PREVIOUS | MORE | PAGE | SIZE | PAGES) | _of(
    "links meta metadata pagination paging object kind apiversion url success message code status error errors self"
    " first last incompleteresults offset skip embedded type query empty sort pageable numberofelements requestid"
    " timestamp included jsonapi from to path info response"
)
"""What stands around the rows of a list: members that are none of a thing itself."""

PAGE_ASKED = _of("page pagenumber pageno pageindex p pagenum currentpage")
OFFSET_ASKED = _of("offset skip start startindex from pageoffset startat first")
CURSOR_ASKED = _of(
    "cursor after pagetoken nexttoken continue pageafter pagecursor marker continuationtoken startcursor nextcursor"
    " startingafter"
)
SIZE_ASKED = _of("perpage pagesize limit size count maxresults take top itemsperpage pagelimit max rpp")

SORT = _of("sort sortby orderby ordering order")
SEARCH = _of("q search query searchterm filtersearch keyword term")

CREATED = _of(
    "createdat created createdon datecreated creationdate createdtime insertedat createddate creationtime createtime"
)
UPDATED = _of(
    "updatedat updated updatedon dateupdated modified modifiedat lastmodified lastmodifiedat updatedtime modifieddate"
    " updateddate lastupdated lastupdatedat updatetime modifiedon"
)
IDS = (
    *("id", "uuid", "guid", "_id", "ID", "Id", "identifier", "slug", "key", "code", "number", "sha"),
    *("login", "username", "handle", "name", "email", "ip"),
)
"""Members that may be what a thing is called by, the likeliest first."""

WRAPS = _of("data result item attributes")
A_THING = _of("id uuid name slug")
"""What a thing has, and what stands around one has not."""
