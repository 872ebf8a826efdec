"""Embeddings of copies are similar, those of other pictures are not; a picture of one colour has none."""

import numpy as np
import pytest
from PIL import Image

from core.dedup.embedding import NUMBERS, PhotoEmbedder, crop_bars, load_whitening, network_key
from core.dedup.fit_whitening import fit_whitening
from tests.unit.dedup.pictures import cropped, jpeg, letterboxed, mirrored, portrait, unrelated


@pytest.fixture(scope="module")
def embedder() -> PhotoEmbedder:
    return PhotoEmbedder()


def vector(embedder: PhotoEmbedder, image: Image.Image) -> np.ndarray:
    found = embedder.embed(jpeg(image), short_side=min(image.size)).vector
    assert found is not None and len(found) == NUMBERS
    return np.frombuffer(found, np.int8).astype(float)


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_embeddings_of_copies_are_similar_and_others_are_not(embedder: PhotoEmbedder) -> None:
    whole = vector(embedder, portrait())
    assert cosine(whole, vector(embedder, mirrored(portrait()))) > 0.98
    assert cosine(whole, vector(embedder, letterboxed(portrait()))) > 0.9
    assert cosine(whole, vector(embedder, portrait().resize((150, 150)))) > 0.9
    assert cosine(whole, vector(embedder, cropped(portrait(), 0.1))) > 0.65
    assert cosine(whole, vector(embedder, unrelated(1))) < 0.4


def test_a_picture_of_one_colour_has_no_embedding(embedder: PhotoEmbedder) -> None:
    found = embedder.embed(jpeg(Image.new("RGB", (300, 200), (10, 90, 40))), short_side=200)
    assert (found.vector, found.picture) == (None, 1.0)


def test_bars_do_not_count_as_picture(embedder: PhotoEmbedder) -> None:
    assert embedder.embed(jpeg(portrait()), short_side=512).picture == 1.0
    boxed = letterboxed(portrait())
    share = 512 * 512 / boxed.width / boxed.height
    assert share - 0.05 < embedder.embed(jpeg(boxed), short_side=512).picture < share


def test_bars_are_cropped_unless_too_little_would_remain() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (60, 40, 3), np.uint8)
    boxed = np.pad(picture, ((15, 20), (5, 0), (0, 0)), constant_values=7)
    assert np.array_equal(crop_bars(boxed), picture)
    thin = np.pad(picture[:5], ((40, 40), (0, 0), (0, 0)))
    assert crop_bars(thin).shape == thin.shape


def test_whitening_gives_all_directions_similar_variance() -> None:
    rng = np.random.default_rng(2)
    seen = (rng.normal(size=(800, 300)) * np.linspace(5, 0.1, 300) + 3).astype(np.float32)
    made = fit_whitening(seen)
    spread = ((seen - made.mean) @ made.matrix).std(axis=0)
    assert spread.shape == (NUMBERS,) and spread[0] / spread[NUMBERS // 2] < 1.2
    assert np.abs(made.apply(seen[0])).max() == 127


def test_the_network_key_and_whitening_have_the_expected_size() -> None:
    assert len(network_key()) == 32
    assert load_whitening().matrix.shape[1] == NUMBERS
