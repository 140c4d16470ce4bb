"""The file that a backend of one's own begins with."""

from __future__ import annotations

STARTER = """\
# A backend of your own: `devkit serve --contract backend.yaml`. What the words mean: docs/your-backend.md.
# For completion in your editor: `devkit contract schema --output backend.schema.json`, and this line without its ##:
## yaml-language-server: $schema=backend.schema.json

contract: {name}
base: /api                       # what all paths begin with
# names: camelCase               # how fields look on the wire; left out: as they are written here
# errors: problem                # RFC 9457; or agreed, webplus, promptcraft, taskapp, or a template of yours
# pages: page                    # or offset, cursor, link, none; `devkit contract show` tells what comes of it

accounts: true                   # people sign in, with tokens that expire; without it everything is everybody's
# accounts: {{fields: {{bio: text, plan: free | pro = free}}}}   # the same, and what else is known of people

resources:
  customers:
    fields:
      name: string!              # ! must be given
      email: email! unique
      tier: free | pro = free    # one of these, and the usual one
      notes: text                # what may be left out is null until it is set
    seed: 20                     # believable rows, the same each time
  orders:
    # owner: user                # each user sees their own only
    fields:
      customer: -> customers!    # the id of one that is there
      status: draft | paid | shipped = draft
      total: {{type: number, minimum: 0}}   # where a word is not enough: JSON Schema
      placed_at: date-time!
      tags: list of string = []
    below: [customer]            # /customers/{{customer}}/orders too
    seed: 100

operations:                      # what is no plain resource
  shipOrder:
    POST: "/orders/{{id}}/ship"
    on: orders
    when: {{status: paid}}         # else it is a conflict, 409
    set: {{status: shipped}}
  exchangeRate: {{GET: /rates, answer: {{EUR: 1, USD: 1.08}}}}
"""


def starter(name: str) -> str:
    """Its text. `name` is what the contract is called."""
    return STARTER.format(name=name)
