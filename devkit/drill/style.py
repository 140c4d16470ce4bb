"""How the report looks. Everything is in here: the page must open from a folder of a CI run, without a network."""

CSS = """
:root{--ground:#fbfbfa;--card:#fff;--ink:#1d2125;--quiet:#5c656e;--line:#e4e6e8;--grid:#eff0f1;
--good:#1a7f4b;--good-bg:#e6f4ec;--bad:#c0292b;--bad-bg:#fcebea;--open:#8a5a00;--open-bg:#fdf3dc;
--fine:#4a6f94;--client:#c77700;--server:#c0292b;--none:#7b858f;--bolt:#9a5bd6}
@media (prefers-color-scheme:dark){:root{--ground:#15181b;--card:#1c2024;--ink:#e6e8ea;--quiet:#9aa4ad;--line:#2d3338;
--grid:#24292e;--good:#5cc98d;--good-bg:#17301f;--bad:#ff7b72;--bad-bg:#3a1d1d;--open:#e3b341;--open-bg:#352a10;
--fine:#7aa7d4;--client:#e0a03c;--server:#ff7b72;--none:#8b959f;--bolt:#c39af0}}
*{box-sizing:border-box}
html{background:var(--ground);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
body{margin:0;padding:40px 20px}
main,footer{max-width:880px;margin:0 auto}
article{margin-bottom:72px}
h1{font-size:26px;line-height:1.25;margin:2px 0 12px;font-weight:650;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:13px;margin:36px 0 12px;font-weight:600;color:var(--quiet)}
h3{font-size:15px;margin:0;font-weight:600}
p{margin:0}
code{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.kicker{color:var(--quiet)}
.story{color:var(--quiet);max-width:68ch;margin-top:14px}
.note{margin-top:14px;padding:8px 12px;border-radius:8px;background:var(--open-bg);color:var(--open)}
.badge{display:inline-block;padding:2px 11px 3px;border-radius:99px;font-weight:600;font-size:13px}
.passed.badge{background:var(--good-bg);color:var(--good)}
.failed.badge{background:var(--bad-bg);color:var(--bad)}
.inconclusive.badge{background:var(--open-bg);color:var(--open)}
.skipped .mark{background:var(--grid);color:var(--quiet)}
pre{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--grid);border-radius:8px;
padding:10px 12px;margin:8px 0;max-height:340px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}
dl{display:flex;flex-wrap:wrap;gap:10px 32px;margin:18px 0 0}
dt{color:var(--quiet);font-size:12.5px}
dd{margin:0}
.verdicts{list-style:none;margin:0;padding:0;background:var(--card);border:1px solid var(--line);border-radius:12px}
.verdicts>li{display:flex;gap:14px;padding:16px 18px;border-top:1px solid var(--line)}
.verdicts>li:first-child{border-top:0}
.verdicts>li>div{min-width:0;flex:1}
.mark{flex:none;width:22px;height:22px;border-radius:50%;display:grid;place-items:center;font-size:13px;font-weight:700}
.passed .mark{background:var(--good-bg);color:var(--good)}
.failed .mark{background:var(--bad-bg);color:var(--bad)}
.inconclusive .mark{background:var(--open-bg);color:var(--open)}
.reason code{color:var(--ink)}
.reason{color:var(--quiet);margin-top:2px;overflow-wrap:anywhere}
.word{font-weight:600}
.passed .word{color:var(--good)}.failed .word{color:var(--bad)}.inconclusive .word{color:var(--open)}
details{margin-top:8px}
summary{cursor:pointer;color:var(--quiet);font-size:13px;width:fit-content}
summary:focus-visible,.scroll:focus-visible,a:focus-visible{outline:2px solid var(--fine);outline-offset:2px;
border-radius:4px}
.lines{list-style:none;margin:8px 0 0;padding:0}
.lines li{padding:3px 0;overflow-wrap:anywhere}
.failed .lines{border-left:2px solid var(--bad);padding-left:12px}
.at{color:var(--quiet);font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin-right:6px}
.more,.rules{color:var(--quiet);font-size:13px;margin-top:8px}
.rules{margin-top:14px}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 14px 12px}
figcaption{display:flex;flex-wrap:wrap;gap:4px 16px;color:var(--quiet);font-size:12.5px;margin-top:8px}
figcaption>span{display:inline-flex;align-items:center;gap:5px}
.key{width:16px;height:16px;overflow:visible}
.timeline{display:block;overflow:hidden}
.timeline text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--ink)}
.timeline .lane{font-weight:500}
.timeline .lane tspan,.timeline .axis{fill:var(--quiet);font-weight:400}
.tick{stroke:var(--grid)}
.rule{stroke:var(--line)}
.window rect{fill:var(--grid);stroke:var(--line)}
.window text{fill:var(--quiet)!important;font-size:11.5px!important}
.window.failed rect{fill:var(--bad-bg);stroke:none}.window.failed text{fill:var(--bad)!important}
.window.passed rect{fill:var(--good-bg);stroke:none}.window.passed text{fill:var(--good)!important}
.call rect{opacity:.35}
.fine{fill:var(--fine)}.client{fill:var(--client)}.server{fill:var(--server)}.unanswered{fill:var(--none)}
.hollow{fill:var(--card);stroke:var(--none);stroke-width:2}
.ring{fill:none!important;stroke:var(--bad);stroke-width:2}
.bolt{fill:none!important;stroke:var(--bolt);stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.number{fill:var(--bad)!important;font-weight:600!important;font-size:11px!important;paint-order:stroke;
stroke:var(--card);stroke-width:3px}
.socket{fill:var(--fine);opacity:.28}
.frame circle{fill:var(--fine)}
.frame .ring{fill:none}
.cross{stroke:var(--none);stroke-width:2.2;stroke-linecap:round}
.scroll{overflow-x:auto;margin-top:8px;border:1px solid var(--line);border-radius:8px;background:var(--card)}
table{border-collapse:collapse;font-size:13px;width:100%}
th,td{text-align:left;padding:5px 12px;white-space:nowrap;border-top:1px solid var(--line);
font-variant-numeric:tabular-nums}
thead th{border-top:0;color:var(--quiet);font-weight:500}
.drills{list-style:none;margin:0;padding:0}
.drills li{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline;padding:6px 0}
.drills span:last-child{color:var(--quiet)}
.drills .badge{width:112px;text-align:center}
a{color:inherit}
footer{color:var(--quiet);font-size:12.5px}
@media (max-width:520px){body{padding:24px 14px}h1{font-size:22px}dl{gap:10px 24px}
.verdicts>li{padding:14px;gap:11px}figure{padding:12px 8px 10px}}
@media print{html{background:#fff}details{display:block}}
""".strip()
