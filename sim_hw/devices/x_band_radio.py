"""The X-band radio of a surface vehicle, directly to and from Earth, simulated."""

from sim_hw.devices.surface_radio import SurfaceRadio


class SimXBandRadio(SurfaceRadio):
    """A small deep space transponder with its antenna. Peer: "earth"."""

    band = "x_band"
