"""Where real traces and measured runs lie: KVERN_DATA, else the folder `shared` beside the tree."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = pathlib.Path(os.environ.get("KVERN_DATA") or ROOT.parent / "shared")
