"""Where releases live: a folder, a bucket or a web server, all of one layout."""

from hrdata.store.choose import find_release
from hrdata.store.log import File, Release, fault_of_file, read_sums
from hrdata.store.objects import Listed, Objects
from hrdata.store.store import Fault, Published, Store, open_store

__all__ = [
    "Fault",
    "File",
    "Listed",
    "Objects",
    "Published",
    "Release",
    "Store",
    "fault_of_file",
    "find_release",
    "open_store",
    "read_sums",
]
