"""Addresses: what each kind says, and one sentence for what is none."""

import pytest

from sim_hw.bench.wire.addresses import AddressRefused, read_address


def test_each_kind_is_read() -> None:
    assert read_address("tcp://127.0.0.1:5000").port == 5000
    assert read_address("udp://[::1]:7").host == "::1"
    assert read_address("unix:///run/wheels").path == "/run/wheels"
    assert read_address("serial:///dev/ttyUSB0").baud == 115_200
    assert read_address("serial:///dev/ttyUSB0?baud=921600").baud == 921_600
    assert read_address("zmq+ipc:///tmp/x").path == "/tmp/x"
    assert read_address("zmq+tcp://localhost:5").is_local
    image = read_address("qemu:///build/own.elf?machine=mps2-an386")
    assert (image.path, image.machine, image.example) == ("/build/own.elf", "mps2-an386", "")
    example = read_address("qemu:wheels?SPEED=2.5&RATE=-1")
    assert (example.example, example.defines) == ("wheels", ("SPEED=2.5", "RATE=-1"))
    bus = read_address("isotp:udp_multicast:ff15:7079::1?to=0x7E0&from=2024&fd=1")
    assert (bus.interface, bus.path) == ("udp_multicast", "ff15:7079::1") and bus.is_local
    assert (bus.to, bus.back, bus.fd) == (0x7E0, 2024, True)
    assert example.is_local and image.is_local and example.machine == "mps2-an385"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wheels", "allowed is one of isotp, qemu, serial, tcp"),
        ("http://127.0.0.1:1", "allowed is one of isotp, qemu, serial, tcp"),
        ("qemu:", "allowed is qemu:///absolute/firmware.elf"),
        ("qemu://host/x.elf", "allowed is qemu:///absolute/firmware.elf"),
        ("qemu:../wheels", "allowed is qemu:///absolute/firmware.elf"),
        ("qemu:wheels?SPEED=2;x", "SPEED: allowed is qemu:///absolute"),
        ("qemu:wheels?speed=2", "speed: allowed is qemu:///absolute"),
        ("qemu:wheels?SPEED=", "SPEED: allowed is qemu:///absolute"),
        ("qemu:///x.elf?machine=a,b", "machine = a,b: allowed is"),
        ("qemu:///x.elf?kernel=y", "kernel = y: allowed is"),
        ("isotp:can0?to=1&from=2", "allowed is isotp:INTERFACE:CHANNEL"),
        ("isotp:socketcan:can0?to=1", "allowed is isotp:INTERFACE:CHANNEL"),
        ("isotp:socketcan:can0?to=1&from=0x", "allowed is isotp:INTERFACE:CHANNEL"),
        ("isotp:socketcan:can0?to=1&from=2&bitrate=5", "allowed is isotp:INTERFACE:CHANNEL"),
        ("isotp:socketcan:can0?to=1&from=1", "allowed are two numbers, of 0 to 0x1fffffff"),
        ("isotp:socketcan:can0?to=1&from=0x20000000", "allowed are two numbers, of 0 to"),
        ("tcp://127.0.0.1", "with a port from 1 to 65535"),
        ("tcp://127.0.0.1:0", "with a port from 1 to 65535"),
        ("tcp://127.0.0.1:70000", "allowed is a port from 1 to 65535"),
        ("tcp://127.0.0.1:5/x", "allowed is tcp://host:port"),
        ("tcp://127.0.0.1:5?baud=1", "allowed is tcp://host:port"),
        ("unix://run/wheels", "allowed is unix:///absolute/path"),
        ("unix:///run/wheels?baud=9600", "baud is no setting of unix"),
        ("serial:///dev/tty?baud=12345", "baud = 12345: allowed is one of 50, 75"),
        ("serial:///dev/tty?parity=odd", "parity is no setting of serial"),
    ],
)
def test_what_is_no_address_is_refused_with_what_is_allowed(text: str, words: str) -> None:
    with pytest.raises(AddressRefused, match=words.replace("?", r"\?")):
        read_address(text)


def test_beyond_this_machine_only_where_that_is_said() -> None:
    for text in ("tcp://192.168.7.20:5000", "udp://8.8.8.8:1",
                 "isotp:slcan:socket://10.0.0.1:5?to=1&from=2"):  # fmt: skip
        with pytest.raises(AddressRefused, match="anyone on that network could move the device"):
            read_address(text)
        assert not read_address(text, allow_network=True).is_local
