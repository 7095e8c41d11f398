"""What is sent without being asked: alerts by rules of `alerts.yml`, and weekly digests.

Belongs here: which facts are news, to whom, in which words, and their delivery. Does not belong
here: any figure that the published file does not hold; what needs attention is the dashboard's
(`dashboard/attention.py`), and so are charts, definitions and links.
"""

from __future__ import annotations

FILE_NAME = "alerts.yml"
