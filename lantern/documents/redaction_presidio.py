"""Presidio's recognisers, as one function over a folded text.

No language model is loaded and nothing asks a network. Of Presidio's patterns those are used that
have a checksum or a telling form; those that take any nine digits for a passport are replaced by
recognisers of labelled numbers (:mod:`lantern.documents.redaction_ids`).
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from lantern.documents.redaction_kinds import Found, Kind
from lantern.documents.redaction_phones import is_plain_number
from lantern.errors import InstallationError, RedactionError

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

_LANGUAGE: Final = "en"
_LEAST_SCORE: Final = 0.4
_PHONE_REGIONS: Final = ("US", "GB", "IN")
"""Where a number without a country code may be from; with one, all regions are known."""

_RECOGNIZERS: Final = (
    "AuAbnRecognizer",
    "AuMedicareRecognizer",
    "AuTfnRecognizer",
    "CreditCardRecognizer",
    "CryptoRecognizer",
    "EsNieRecognizer",
    "EsNifRecognizer",
    "FiPersonalIdentityCodeRecognizer",
    "IbanRecognizer",
    "InAadhaarRecognizer",
    "InGstinRecognizer",
    "InVoterRecognizer",
    "ItFiscalCodeRecognizer",
    "KrFrnRecognizer",
    "KrRrnRecognizer",
    "MacAddressRecognizer",
    "NgNinRecognizer",
    "NhsRecognizer",
    "PlPeselRecognizer",
    "SgFinRecognizer",
    "ThTninRecognizer",
    "UkNinoRecognizer",
    "UsItinRecognizer",
    "UsMbiRecognizer",
    "UsNpiRecognizer",
    "UsSsnRecognizer",
)
# Only stretches around these are read: no pattern above matches without.
_TELLING: Final = re.compile(r"@|\d(?:[\s\S]{0,2}?\d){3}|(?:[\da-fA-F]{2}[:-]){5}")
_AROUND: Final = 96
_LONGEST: Final = 2_000
_PATIENCE_S: Final = 20.0
"""Presidio gives up on a pattern that runs for a minute, and goes on; we stop long before."""

_import_lock: Final = threading.Lock()


def presidio_findings(text: str) -> Iterator[Found]:
    """What Presidio finds in a folded text.

    Raises:
        InstallationError: if Presidio is not installed.
        RedactionError: if it took so long that a pattern may have been given up.
    """
    engine = analyzer()
    started = time.monotonic()
    for start, end in _stretches(text):
        for result in engine.analyze(text[start:end], language=_LANGUAGE):
            found = Found(start + result.start, start + result.end, _kind(result.entity_type))
            shown = text[found.start : found.end]
            letters = any(sign.isalpha() or sign == "@" for sign in shown)
            if letters or not is_plain_number(text, found.start, found.end):
                yield found
        if time.monotonic() - started > _PATIENCE_S:
            raise RedactionError("recognising personal data took too long; the text is not sent")


@cache
def analyzer() -> AnalyzerEngine:
    """Presidio's engine, built once a process."""
    with _import_lock:
        presidio = _presidio()
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    from presidio_analyzer import predefined_recognizers as predefined

    # Two of PAN's three patterns match any ten letters and digits, at a hundred times the cost.
    pan = predefined.InPanRecognizer
    recognizers = [getattr(predefined, name)() for name in _RECOGNIZERS]
    recognizers.append(pan(patterns=pan.PATTERNS[:1]))
    recognizers.append(predefined.PhoneRecognizer(supported_regions=_PHONE_REGIONS))
    recognizers.append(_offline_email_recognizer(predefined))
    registry = presidio.RecognizerRegistry(recognizers=recognizers)
    if len(registry.recognizers) != len(recognizers):
        raise RedactionError("Presidio's registry lost recognisers; nothing is sent without them")
    return presidio.AnalyzerEngine(  # type: ignore[no-any-return]
        registry=registry,
        nlp_engine=_blank_engine(),
        default_score_threshold=_LEAST_SCORE,
    )


def _presidio() -> Any:
    """The package, imported without torch and transformers where those are not yet loaded.

    Presidio imports both if they are there, for recognisers that are not used here: 740 MB and ten
    seconds in each worker process.
    """
    loaded = "presidio_analyzer" in sys.modules
    unused = [] if loaded else [n for n in ("torch", "transformers") if n not in sys.modules]
    for name in unused:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import presidio_analyzer
    except ImportError as error:
        raise InstallationError(
            f"redaction needs presidio-analyzer ({error.name} is missing): "
            "pip install 'lantern-fit[teacher]'"
        ) from None
    finally:
        for name in unused:
            del sys.modules[name]
    return presidio_analyzer


def _offline_email_recognizer(predefined: Any) -> Any:
    """Presidio's, which else asks a list of top-level domains from the network."""

    class OfflineEmailRecognizer(predefined.EmailRecognizer):  # type: ignore[misc]
        def validate_result(self, pattern_text: str) -> bool:
            # A host within a company has no known top level, and is as personal.
            return True

    return OfflineEmailRecognizer()


def _blank_engine() -> Any:
    """An NLP engine without a language: patterns need none, and no model is ever asked for."""
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

    class BlankEngine(NlpEngine):
        def load(self) -> None:
            pass

        def is_loaded(self) -> bool:
            return True

        def process_text(self, text: str, language: str) -> NlpArtifacts:
            return NlpArtifacts([], [], [], [], self, language)  # type: ignore[arg-type]

        def process_batch(
            self,
            texts: Iterable[str],
            language: str,
            batch_size: int = 1,
            n_process: int = 1,
            **kwargs: Any,
        ) -> Iterator[tuple[str, NlpArtifacts]]:
            return ((text, self.process_text(text, language)) for text in texts)

        def is_stopword(self, word: str, language: str) -> bool:
            return False

        def is_punct(self, word: str, language: str) -> bool:
            return False

        def get_supported_entities(self) -> list[str]:
            return []

        def get_supported_languages(self) -> list[str]:
            return [_LANGUAGE]

    return BlankEngine()


def _kind(entity: str) -> Kind:
    return {"EMAIL_ADDRESS": Kind.EMAIL, "PHONE_NUMBER": Kind.PHONE}.get(entity, Kind.ID)


def _stretches(text: str) -> Sequence[tuple[int, int]]:
    """Spans that may hold what Presidio looks for, none longer than its patterns can bear.

    Long ones are cut with an overlap longer than any of the patterns' matches.
    """
    spans: list[tuple[int, int]] = []
    for match in _TELLING.finditer(text):
        start, end = max(0, match.start() - _AROUND), min(len(text), match.end() + _AROUND)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [
        (at, min(end, at + _LONGEST))
        for start, end in spans
        for at in range(start, max(start + 1, end - _AROUND), _LONGEST - _AROUND)
    ]
