"""The value of `do_not_contact`, and the stage with the same meaning (P9).

The canonical value is SET or None. The stage is compared without case. "Do Not Contact" is the standard name of such a
stage at Apollo, the origin of GrowthGenius' documents.
"""

from typing import Final

SET: Final = "true"
STAGE: Final = "Do Not Contact"


def forbids(stage: object) -> bool:
    """Say whether a stage or a status means that the contact may not be contacted."""
    return isinstance(stage, str) and stage.casefold() == STAGE.casefold()
