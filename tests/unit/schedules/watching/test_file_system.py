"""The file system of a folder, from the list of mounts."""

from pathlib import Path

import pytest

from core.schedules.watching.file_system import file_system_of, is_network

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /mnt/nas rw,relatime shared:20 - nfs4 nas:/photos rw,vers=4.2
41 22 0:36 / /mnt/nas/win rw - cifs //win/share rw
42 22 0:37 / /mnt/two\040words rw - fuse.sshfs me@host:/ rw
43 22 0:38 / /mnt/stick rw - fuse.exfat /dev/sdb1 rw
44 22 0:39 / /mnt/twice rw - ext4 /dev/sdc1 rw
45 22 0:40 / /mnt/twice rw - smb3 //win/other rw
not a line of the list
"""


@pytest.mark.parametrize(
    ("folder", "kind", "network"),
    [
        ("/home/photos", "ext4", False),
        ("/mnt/nas", "nfs4", True),
        ("/mnt/nas/in/deep", "nfs4", True),
        ("/mnt/nas/win/in", "cifs", True),
        ("/mnt/nasal", "ext4", False),
        ("/mnt/two words/in", "fuse.sshfs", True),
        ("/mnt/stick", "fuse.exfat", False),
        ("/mnt/twice/in", "smb3", True),
    ],
)
def test_the_innermost_and_last_mount_counts(folder: str, kind: str, network: bool) -> None:
    assert (file_system_of(Path(folder), MOUNTS), is_network(kind)) == (kind, network)


def test_this_machines_own_list_is_read(tmp_path: Path) -> None:
    assert not is_network(file_system_of(tmp_path.resolve()))
