"""Drills: a scenario is played to a frontend, and what the frontend does about it is judged.

`evidence` says what was seen, `verdicts` judges it (`calls`, `sockets`): both are pure and know neither HTTP nor time.
`running` plays a scenario in a sandbox and asks them; `report` is the outcome as data, `junit` and `html` are readers
of that.
"""
