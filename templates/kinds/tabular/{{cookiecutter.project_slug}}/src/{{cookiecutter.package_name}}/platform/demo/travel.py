"""The step of the way to a deployment: published, pinned by its digest, pulled."""

from .. import bundle, storage, travel
from ..errors import Exit, ProjectError
from . import Context


def journey(context: Context) -> None:
    """the champion is published, and comes back whole when it is pulled by its digest"""
    workspace = context.workspace
    there, output = storage.at(str(workspace.build / "bundles")), workspace.build / "pulled"
    sent = travel.publish(there, workspace.champion)
    arrived = travel.pull(there, workspace, sent.digest, output=output)
    if arrived != bundle.read(workspace.champion) or bundle.read(output) != arrived:
        hint = f"compare {workspace.champion} with {output}"
        raise ProjectError("another bundle came back than was published", hint, Exit.CANNOT)
    line = f"published and pulled by its digest, {len(sent.files)} files proven"
    context.tell("travel", line, files=len(sent.files), digest=sent.digest)


STEPS = {57: journey}
