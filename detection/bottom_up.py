"""Everybody in a picture, bottom up: joints and limbs first, people out of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from detection.decoder import Decoder, DecoderSettings
from detection.network import PafNetwork
from detection.registry import NETWORKS
from pose.types import Image, People


def decoder_settings(model_xml: Path) -> DecoderSettings:
    """What counts as a person for a network: the registry's floors for one that it knows, by its file's name.

    >>> decoder_settings(Path("a/human-pose-estimation-0001.xml")) == DecoderSettings()
    True
    """
    for network in NETWORKS:
        if network.files[0].name == model_xml.name:
            return DecoderSettings(least_score=network.least_score, least_share=network.least_share)
    return DecoderSettings()


class BottomUpDetector:
    """The affinity-field network and its decoder as a detector (`detection.detector.Detector`).

    Parameters
    ----------
    model_xml : Path
        human-pose-estimation-0001 or a network like it (`PafNetwork`).
    net_size : int
        Short side of the picture as the network sees it, pixels; more finds smaller people and takes longer.
    threads : int, optional
        Processor threads; OpenVINO's choice where None.
    settings : DecoderSettings, optional
        What counts as a person; what is known to suit the network (`decoder_settings`) where None.
    """

    def __init__(
        self,
        model_xml: Path,
        net_size: int = 256,
        threads: int | None = None,
        settings: DecoderSettings | None = None,
    ) -> None:
        self._network = PafNetwork(model_xml, net_size, threads)
        self._decoder = Decoder(settings or decoder_settings(model_xml))
        self._name = Path(model_xml).stem

    @property
    def name(self) -> str:
        """The network's name, as its file has it."""
        return self._name

    @property
    def engine(self) -> str:
        """The inference engine and the precision and threads that are really in use."""
        return self._network.engine

    def detect(self, image: Image) -> People:
        """Everybody in a BGR picture (H, W, 3) uint8, best first, without ids; nobody is an empty `People`."""
        heatmaps, pafs, transform = self._network.maps(image)
        people, person_score = self._decoder.decode(heatmaps, pafs)
        people = people[np.argsort(-person_score, kind="stable")]
        return People.detected(transform.to_pixels(people[:, :, :2]), np.clip(people[:, :, 2], 0, 1))

    def close(self) -> None:
        """Give back the network; may be called twice."""
        self._network.close()
