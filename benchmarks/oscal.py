"""Hold assessment results against compliance-trestle, in an environment that has it: see docs/formats.md.

Prints one JSON object a file; exit code 1 where one is refused.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def read(path: Path) -> dict[str, object]:
    """What trestle found in a file, or why it refuses it."""
    from trestle.oscal.assessment_results import AssessmentResults

    try:
        (result,) = AssessmentResults.oscal_read(path).results
    except Exception as why:  # noqa: BLE001 whatever it raises is a refusal
        return {"file": str(path), "valid": False, "why": str(why)}
    return {
        "file": str(path),
        "valid": True,
        "observations": len(result.observations or ()),
        "findings": len(result.findings or ()),
    }


if __name__ == "__main__":
    found = [read(Path(one)) for one in sys.argv[1:]]
    for one in found:
        print(json.dumps(one))
    sys.exit(not found or not all(one["valid"] for one in found))
