"""Static files under names that carry their hash, with gzip and brotli copies beside them."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage

SOURCE_MAP = "sourceMappingURL"


def _without_source_maps(patterns: tuple) -> tuple:
    kept = []
    for extension, rules in patterns:
        texts = [rule if isinstance(rule, str) else rule[0] for rule in rules]
        kept.append((extension, tuple(rule for rule, text in zip(rules, texts, strict=True) if SOURCE_MAP not in text)))
    return tuple(kept)


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Refuses a page that names a file which was never collected, and does not chase source maps we do not serve."""

    patterns = _without_source_maps(CompressedManifestStaticFilesStorage.patterns)
