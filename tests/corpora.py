"""Small corpora in the formats of 20 Newsgroups and RCV1-v2, and their registry entries."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import Any

import numpy as np

from clustrace.config.datasets import DataSet, RawData
from clustrace.data.bodies import Body, TermWeights

GROUPS = ("alt.atheism", "rec.autos", "sci.space")
#: Topics of the small RCV1: roots, second level, and a third level that must not count.
TOPICS = ("C15", "C151", "CCAT", "E11", "ECAT", "GCAT", "GSPO", "M11", "M14", "MCAT")
SECOND = ("C15", "E11", "GSPO", "M11", "M14")


def messages() -> dict[str, bytes]:
    """Messages by their path in the archive; one is empty, one not ASCII."""
    random = np.random.RandomState(0)
    found = {}
    for part, count in (("train", 4), ("test", 3)):
        for number, group in enumerate(GROUPS):
            for i in range(count):
                words = [f"w{number}{k}" for k in random.randint(0, 5, 12)] + ["the", "Of"]
                path = f"20news-bydate-{part}/{group}/{10 * (count - i)}"
                found[path] = " ".join(words).encode()
    found["20news-bydate-train/sci.space/9"] = b""
    found["20news-bydate-test/rec.autos/100"] = "caf\xe9 caf\xe9 the".encode("latin1")
    return found


def archive(contents: dict[str, bytes]) -> bytes:
    """A .tar.gz with these files, in another order than they have to be read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in sorted(contents, key=lambda path: path[::-1]):
            info = tarfile.TarInfo(name)
            info.size = len(contents[name])
            tar.addfile(info, io.BytesIO(contents[name]))
    return buffer.getvalue()


def rcv1_files(n: int = 60, n_terms: int = 12) -> dict[str, bytes]:
    """The six files by role; the parts' documents have numbers in another order."""
    random = np.random.RandomState(1)
    numbers = 2286 + random.permutation(n)
    vectors, topics = [], []
    for i, number in enumerate(numbers):
        terms = np.sort(random.choice(n_terms, random.randint(1, 6), replace=False)) + 1
        if i == 0:
            terms = np.array([1, n_terms])
        values = random.rand(len(terms)) + 0.01
        row = " ".join(f"{t}:{v:.15f}" for t, v in zip(terms, values, strict=True))
        vectors.append(f"{number}  {row}\n")
        topics += [f"{topic} {number} 1\n" for topic in document_topics(i)]
    cuts = [0, n // 3, n // 2, n // 2 + 3, n - 7, n]
    roles = ("train", "test-0", "test-1", "test-2", "test-3")
    files = {
        role: gzip.compress("".join(vectors[a:b]).encode())
        for role, a, b in zip(roles, cuts[:-1], cuts[1:], strict=True)
    }
    order = random.permutation(len(topics))
    files["topics"] = gzip.compress("".join(topics[i] for i in order).encode())
    return files


def document_topics(i: int) -> list[str]:
    """Topics of document i: most have one of the second level, of falling sizes; some have two."""
    if i % 10 == 9:
        return ["M14", "GSPO", "MCAT", "GCAT"]
    if i % 20 == 8:
        return ["CCAT"]
    second = SECOND[[0, 0, 0, 1, 1, 4, 4, 3, 2][i % 10 % 9]]
    root = {"C": "CCAT", "E": "ECAT", "G": "GCAT", "M": "MCAT"}[second[0]]
    return [second, root] + (["C151"] if second == "C15" and i % 3 == 0 else [])


def registered(body: Body, *sources: dict[str, Any], **changes: Any) -> RawData:
    """Registry entry of documents or weights of terms."""
    entry: dict[str, Any] = {
        "title": "small",
        "publisher": "test",
        "licence": "none",
        "samples": len(body),
        "fingerprint": body.fingerprint(),
        "sources": list(sources) or [{"kind": "mirror", "file": "small.npz", "sha256": "0" * 64}],
    }
    if isinstance(body, TermWeights):
        nnz, n = int(body.x.nnz), len(body)
        entry |= {"kind": "term-weights", "dtype": "float32", "nonzeros": nnz}
        entry |= {"shape": [body.x.shape[1]], "classes": len(body.names)}
        entry |= {"bytes": 8 * nnz + 8 * (n + 1)}
    else:
        entry |= {"kind": "documents", "dtype": "uint8", "bytes": len(body.x)}
        entry |= {"classes": int(body.y.max()) + 1}
    return RawData.model_validate({**entry, **changes})


def texts_set(samples: int, **changes: Any) -> DataSet:
    """A data set of documents with tf-idf of few words."""
    step = {
        "estimator": "clustrace.data.text:FrequentWordsTfidf",
        "arguments": {"n_words": 9},
        "source": "test",
    }
    entry = {"title": "Texts", "raw": "small", "samples": samples, "classes": 3}
    return DataSet.model_validate({**entry, "transforms": [step], **changes})


def topics_set(classes: int, **changes: Any) -> DataSet:
    """A data set of weights of few terms, classes by topics, the largest left out."""
    step = {
        "estimator": "clustrace.data.text:MostFrequentTerms",
        "arguments": {"n_terms": 5},
        "source": "test",
    }
    choice = {"among": list(SECOND), "skip_largest": 1, "source": "test"}
    entry = {"title": "Topics", "raw": "small", "samples": 1, "estimated": True}
    entry |= {"classes": classes, "topics": choice, "transforms": [step]}
    return DataSet.model_validate({**entry, **changes})
