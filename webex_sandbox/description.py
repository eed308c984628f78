"""Which state of Cisco's own description of the messaging API the sandbox is held against.

It is `public-spec/…/webex-messaging.json` of github.com/webex/webex-openapi-specs (CC BY 4.0). A condensed
form, names and types only, lies with the tests; `make openapi-diff FILE=…` compares a newer one.
"""

SHA256 = "7d024b0e98deffa87b3b1180c78ddf6695458d2e7955241433ea7ff8d3c46c20"
CHANGED = "2026-04-27"
