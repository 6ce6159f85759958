"""Device families: what differs between vendors, one file each."""

from boards.families.base import Family
from boards.families.ecp5 import Ecp5
from boards.families.gowin import Gowin
from boards.families.ice40 import Ice40
from boards.families.xilinx import Xilinx

FAMILIES: dict[str, Family] = {family.name: family for family in (Ecp5(), Ice40(), Gowin(), Xilinx())}
