"""The UHF radio of a surface vehicle, to its neighbours and to the relay orbiter, simulated."""

from sim_hw.devices.surface_radio import SurfaceRadio


class SimUhfRadio(SurfaceRadio):
    """An Electra-Lite class radio. Peers: "relay" and the other vehicles on the ground."""

    band = "uhf"
