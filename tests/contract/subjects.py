"""The list: every system that has a connector, in each way in which its server may behave. A new one is added here."""

from typing import Final

from tests.contract import growthgenius, growthhub
from tests.contract.subject import Subject

SUBJECTS: Final[tuple[Subject, ...]] = (*growthgenius.SUBJECTS, *growthhub.SUBJECTS)
