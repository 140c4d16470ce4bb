"""nginx's file, as one puts it into `conf.d`: what stands within `http { … }`.

nginx without its commercial modules knows no weights that change and asks no replica whether it is well: it finds out
when it sends somebody there.
"""

from __future__ import annotations

from devkit.fleet.members import Fleet
from devkit.fleet.placement import NAME_PATTERN

_HEAD = """\
# nginx 1.18 or newer, in front of devkit: written by `devkit fleet config nginx`, for /etc/nginx/conf.d.
#
# A request goes to the replica that the id of its sandbox names. What names none goes to {main}, but for new sandboxes:
# each replica gets one in turn, and one that is drained or full answers 503, whereupon the next is asked. (nginx cannot
# know which is the emptiest; HAProxy can be told.)

map $http_upgrade $devkit_connection {{ default upgrade; "" ""; }}
"""

_OF_REPLICA = (
    ("about", "$uri", '"~^/_devkit/api/sandboxes/(?<@>NAME)-."', None),
    ("header", "$http_x_devkit_sandbox", '"~^(?<@>NAME)-."', "none"),
    ("query", "$arg_devkit_sandbox", '"~^(?<@>NAME)-."', "none"),
    ("path", "$request_uri", '"~^/(?:~|%7[Ee])(?<@>NAME)-."', '"~^/(?:~|%7[Ee])" none'),
    ("host", "$http_host", '"~^(?<@>NAME)-[^.]*[.]"', None),
    (
        "token",
        '"$args $http_authorization $http_x_api_key $http_sec_websocket_protocol"',
        '"~dk_sbx_(?<@>NAME)-."',
        '"~dk_sbx_" none',
    ),
    ("cookie", "$cookie_devkit_sandbox", '"~^(?<@>NAME)-."', "none"),
    (
        "page",
        '"$http_x_forwarded_host|$http_origin|$http_referer"',
        '"~^(?:[^|]*[|]){0,2}?(?:https?://)?(?<@>NAME)-[^.|]*[.]"',
        None,
    ),
)
"""Where an id may stand, how its replica is read there, and what is said of another that stands there; in the order of
`devkit.server.hosting.selection`.
"""

_SERVER = """
map "$request_method $uri $devkit_replica" $devkit_backend {{
    default devkit_{main};
    "~^POST /_devkit/api/sandboxes(?:/import)? $" devkit_new;
{backends}
}}

server {{
    listen {listen};
    server_name _;
    # What is wrong with a request is for devkit to say: names with underscores, long fields, double slashes.
    ignore_invalid_headers off;
    underscores_in_headers on;
    merge_slashes off;
    large_client_header_buffers 8 64k;
    client_max_body_size 0;
    client_body_timeout 1h;
    client_header_timeout 30s;
    send_timeout 1h;
    keepalive_requests 100000;

    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Connection $devkit_connection;
    proxy_set_header Upgrade $http_upgrade;
    # The sandbox's time, and who answers.
    proxy_pass_header Date;
    proxy_pass_header Server;
    proxy_ignore_headers X-Accel-Buffering X-Accel-Charset X-Accel-Expires X-Accel-Limit-Rate X-Accel-Redirect;
    proxy_redirect off;
    proxy_buffering off;
    proxy_max_temp_file_size 0;
    proxy_connect_timeout 3s;
    # Faults hang and drip; how long a client waits is the client's business.
    proxy_read_timeout 1h;
    proxy_send_timeout 1h;

    error_page 502 504 = @devkit_down;

    location / {{
        proxy_request_buffering off;
        proxy_next_upstream off;
        proxy_pass http://$devkit_backend;
    }}
    # A sandbox that was not made can be made elsewhere.
    location ~ ^/_devkit/api/sandboxes(?:/import)?$ {{
        proxy_request_buffering on;
        proxy_next_upstream error http_503 non_idempotent;
        proxy_pass http://$devkit_backend;
    }}
    location @devkit_down {{
        internal;
        default_type application/json;
        add_header Retry-After 5 always;
        return 503 '{{"error":"service_unavailable","message":"The replica $devkit_replica does not answer: its \
sandboxes are there again when it is, if it kept them"}}';
    }}
}}
"""


def written(fleet: Fleet) -> str:
    host, port = fleet.listen
    listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [_HEAD.format(main=fleet.main.name)]
    for way, given, pattern, other in _OF_REPLICA:
        group = f"devkit_in_{way}"
        read = pattern.replace("@", group).replace("NAME", NAME_PATTERN)
        rest = '\n    default none;\n    "" "";' if other == "none" else f"\n    {other};" if other else ""
        lines.append(f"map {given} $devkit_by_{way} {{\n    {read} ${group};{rest}\n}}\n")
    told = "|".join(f"$devkit_by_{way}" for way, *_ in _OF_REPLICA)
    lines.append(f'map "{told}" $devkit_replica {{\n    "~^[|]*(?<devkit_first>[^|]+)" $devkit_first;\n}}\n')
    for name, servers in (("new", fleet.members), *((one.name, (one,)) for one in fleet.members)):
        each = "".join(f"    server {one.address} max_fails={int(name == 'new')} fail_timeout=2s;\n" for one in servers)
        lines.append(f"\nupstream devkit_{name} {{\n{each}    keepalive 256;\n}}\n")
    backends = "\n".join(f'    "~ {one.name}$" devkit_{one.name};' for one in fleet.members)
    lines.append(_SERVER.format(main=fleet.main.name, listen=listen, backends=backends))
    return "".join(lines)
