"""The lists: every system that has a connector, in each way in which its server may behave. A new one is added here."""

from typing import Final

from tests.contract import (
    apollo,
    growthgenius,
    growthgenius_messages,
    growthgenius_recording,
    growthhub,
    growthhub_messages,
    growthhub_recording,
    whautomate,
    whautomate_recording,
)
from tests.contract.message_subject import MessageSubject
from tests.contract.recording import Recording
from tests.contract.subject import Subject

SUBJECTS: Final[tuple[Subject, ...]] = (
    *growthgenius.SUBJECTS, *growthhub.SUBJECTS, *apollo.SUBJECTS, *whautomate.SUBJECTS
)  # fmt: skip

MESSAGE_SUBJECTS: Final[tuple[MessageSubject, ...]] = (
    *growthgenius_messages.SUBJECTS,
    *growthhub_messages.SUBJECTS,
)
"""Those that keep messages."""

RECORDINGS: Final[tuple[Recording, ...]] = (
    growthgenius_recording.RECORDING, growthhub_recording.RECORDING, whautomate_recording.RECORDING
)  # fmt: skip
"""What is known of the real servers, by system."""
