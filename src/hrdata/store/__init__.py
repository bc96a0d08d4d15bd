"""Where releases live: a folder, a bucket or a web server, all of one layout."""

from hrdata.store.choose import find_release
from hrdata.store.log import File, Mark, Release, check_mark, fault_of_file, read_sums
from hrdata.store.objects import Listed, Objects
from hrdata.store.store import Fault, Published, Store, open_store

__all__ = [
    "Fault",
    "File",
    "Listed",
    "Mark",
    "Objects",
    "Published",
    "Release",
    "Store",
    "check_mark",
    "fault_of_file",
    "find_release",
    "open_store",
    "read_sums",
]
