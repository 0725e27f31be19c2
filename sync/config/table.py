"""A table of the config file, as pydantic checks it."""

from pydantic import BaseModel, ConfigDict


class ConfigTable(BaseModel):
    """A table of the file: no key but those that stand here, and nothing changes after loading."""

    # Built when first used: that is once, as parts of Config, and not once more for each table.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)
