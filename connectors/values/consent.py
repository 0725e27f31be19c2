"""Whether a contact may not be contacted: the one value of `do_not_contact`, and the stage that says the same.

Rules kept here: it is set or it is not, so that its canonical value is SET or None; the stage is compared without case.
"Do Not Contact" is the standard name of such a stage at Apollo, from which GrowthGenius has its documents.
"""

from typing import Final

SET: Final = "true"
STAGE: Final = "Do Not Contact"


def forbids(stage: object) -> bool:
    """Say whether a stage, or a status, tells that the person may not be contacted."""
    return isinstance(stage, str) and stage.casefold() == STAGE.casefold()
